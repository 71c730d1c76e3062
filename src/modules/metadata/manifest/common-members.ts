import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { ArtifactType } from '../../../shared/types/artifact-type.ts'
import { parseArtifactReference } from './artifact-reference.ts'
import { text } from './manifest-formats.ts'
import { type ManifestProblem, repeatedAt } from './manifest-problem.ts'
import { timescape } from './timescape-members.ts'

/** Any member names, all values alike. Not `.*`, which a line break in a name would slip past. */
export const mapOf = <S extends TSchema>(values: S) =>
  Type.Record(Type.String({ pattern: '^[\\s\\S]{1,256}$' }), values, { additionalProperties: false })

export const capabilities = Type.Array(
  Type.String({ maxLength: 100, pattern: '^[A-Za-z0-9]+(?:[:._/-][A-Za-z0-9*]+)*$', expected: 'a capability such as db:read' }),
  { maxItems: 200 },
)

const dependency = Type.Object({ name: text('name'), version: text('range'), optional: Type.Optional(Type.Boolean()) })

const gtype = Type.Object({
  name: Type.String({ maxLength: 200, pattern: '^[A-Za-z_][A-Za-z0-9_.]*$', expected: 'a type name such as LoginRequest' }),
  fields: mapOf(Type.String({ minLength: 1, maxLength: 2000 })),
})

const described = {
  description: Type.Optional(Type.String({ maxLength: 10_000 })),
  author: Type.Optional(Type.String({ maxLength: 300 })),
  license: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  keywords: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 100 })),
  dependencies: Type.Optional(Type.Array(dependency, { maxItems: 1000 })),
  gtypes: Type.Optional(Type.Array(gtype, { maxItems: 1000 })),
  capabilities: Type.Optional(capabilities),
  timescape: Type.Optional(timescape),
  /** Versions of the framework the artifact works with (R6.4). */
  gatiVersion: Type.Optional(text('range')),
}

/** Of every type but `transformer`. The object stays open: members nobody knows are kept. */
export const commonMembers = (type: ArtifactType) => ({
  name: text('name'),
  version: text('version'),
  ...optionalIdentity(type),
  ...described,
})

/** Of `transformer`, whose manifest need not repeat its name and version. */
export const anonymousMembers = (type: ArtifactType) => ({
  name: Type.Optional(text('name')),
  version: Type.Optional(text('version')),
  ...optionalIdentity(type),
  ...described,
})

const optionalIdentity = (type: ArtifactType) => ({ namespace: Type.Optional(text('namespace')), type: Type.Optional(Type.Literal(type)) })

interface Described {
  readonly dependencies?: Static<typeof dependency>[]
  readonly gtypes?: Static<typeof gtype>[]
}

/** Rules that every type shares. */
export const findCommonProblems = ({ dependencies = [], gtypes = [] }: Described): ManifestProblem[] => [
  ...repeatedAt(dependencies, ({ name }) => canonical(name)).map((index) => ({
    path: `/dependencies/${index}/name`,
    message: 'is listed twice',
    expected: 'one entry per dependency',
  })),
  ...repeatedAt(gtypes, ({ name }) => name).map((index) => ({
    path: `/gtypes/${index}/name`,
    message: 'is defined twice',
    expected: 'one definition per type name',
  })),
]

/** One spelling per artifact: `@acme/x` and `gati.dev/orgs/acme/x` are `acme/x`. */
export function canonical(reference: string): string {
  const parsed = parseArtifactReference(reference)
  return parsed ? [parsed.namespace ?? '', parsed.name].join('/') : reference
}
