import { type Static, Type } from '@sinclair/typebox'
import { ArtifactFormatSchema } from '../../../shared/types/artifact-type.ts'
import { NamespaceSchema, parseNamespace } from '../../../shared/types/namespace-name.ts'
import type { Named } from '../artifacts.queries.ts'

const NeedName = Type.String({
  minLength: 1,
  maxLength: 300,
  pattern: '^(?:@|gati\\.dev/(?:users|orgs)/)?[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$',
  description: '`name`, `namespace/name` or `@namespace/name`.',
})
const ProjectNeed = Type.Object(
  {
    name: NeedName,
    range: Type.String({ minLength: 1, maxLength: 256, default: '*', description: 'What the project takes.' }),
    version: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'What it has; otherwise what the range takes now.' })),
    format: Type.Optional(ArtifactFormatSchema),
  },
  { additionalProperties: false },
)
export const ProjectNeeds = Type.Object(
  {
    namespace: Type.Optional({
      ...NamespaceSchema,
      description: 'Of the project: names without a namespace are looked for there, then in `library`; of format npm in `library` alone.',
    }),
    dependencies: Type.Array(ProjectNeed, { maxItems: 500 }),
  },
  { additionalProperties: false },
)
export type ProjectNeeds = Static<typeof ProjectNeeds>
export type ProjectNeed = Static<typeof ProjectNeed>

/** Decision 9; a name of npm without a scope is in `library`. */
export function placesOf({ name, format = undefined }: ProjectNeed, own: string | undefined): Named[] {
  const short = name.replace(/^(?:@|gati\.dev\/(?:users|orgs)\/)/, '')
  const slash = short.indexOf('/')
  if (slash > 0) return [{ namespace: parseNamespace(short.slice(0, slash)) ?? '', name: short.slice(slash + 1), format: null }]
  const namespaces = own === undefined || format === 'npm' ? ['library'] : [own, 'library']
  return namespaces.map((namespace) => ({ namespace, name: short, format: null }))
}
