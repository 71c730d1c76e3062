import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { type ArtifactType, allowedFormats, artifactTypes } from '../../../shared/types/artifact-type.ts'
import { oneOf } from '../../../shared/types/one-of.ts'
import { isVersionRange } from '../../../shared/types/version.ts'
import { PackageJsonInvalid } from '../errors.ts'

const ofPackages = artifactTypes.filter((type) => allowedFormats(type).includes('npm'))

const GatiMember = Type.Object({
  type: Type.Optional(oneOf(ofPackages)),
  gtypes: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String({ maxLength: 200, pattern: '^[A-Za-z_][A-Za-z0-9_.]*$' }),
        fields: Type.Record(Type.String({ pattern: '^[\\s\\S]{1,256}$' }), Type.String({ minLength: 1, maxLength: 2_000 }), {
          additionalProperties: false,
        }),
      }),
      { maxItems: 1_000 },
    ),
  ),
  capabilities: Type.Optional(
    Type.Array(Type.String({ maxLength: 100, pattern: '^[A-Za-z0-9]+(?:[:._/-][A-Za-z0-9*]+)*$' }), { maxItems: 200 }),
  ),
  /** Versions of the framework it works with. */
  gatiVersion: Type.Optional(Type.String({ maxLength: 256 })),
  language: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9.+#-]{0,99}$' })),
})
const checker = TypeCompiler.Compile(GatiMember)

export interface GatiFacts {
  /** Undefined when the package does not say. */
  readonly type: ArtifactType | undefined
  readonly about: Omit<Static<typeof GatiMember>, 'type'>
}

/** What `gati` in a `package.json` says; other members of it are for others. Throws PackageJsonInvalid. */
export function gatiFacts(member: unknown): GatiFacts {
  if (member === undefined) return { type: undefined, about: {} }
  const [problem] = checker.Errors(member)
  if (problem?.path === '/type') throw new PackageJsonInvalid(`gati.type is one of ${ofPackages.join(', ')}`)
  if (problem) throw new PackageJsonInvalid(`gati${problem.path.replaceAll('/', '.')}: ${problem.message}`)
  const { type, gtypes, capabilities, gatiVersion, language } = member as Static<typeof GatiMember>
  if (gatiVersion !== undefined && !isVersionRange(gatiVersion)) throw new PackageJsonInvalid('gati.gatiVersion is a range of versions')
  return {
    type,
    about: {
      ...{ ...(gtypes && { gtypes }), ...(capabilities && { capabilities }) },
      ...{ ...(gatiVersion !== undefined && { gatiVersion }), ...(language !== undefined && { language }) },
    },
  }
}
