import { type Static, Type } from '@sinclair/typebox'
import { anonymousMembers, findCommonProblems, mapOf } from './common-members.ts'
import { text } from './manifest-formats.ts'
import { defineManifest } from './manifest-grammar.ts'
import { type ManifestProblem, repeatedAt, step } from './manifest-problem.ts'

const field = Type.String({ minLength: 1, maxLength: 256 })
const fields = Type.Array(field, { maxItems: 1000 })

const changes = Type.Object({
  added: Type.Optional(fields),
  removed: Type.Optional(fields),
  /** Old name to new name. */
  renamed: Type.Optional(mapOf(field)),
})

const transformations = Type.Array(Type.Object({ type: Type.String({ minLength: 1, maxLength: 200 }), changes }), {
  minItems: 1,
  maxItems: 1000,
})

const members = {
  ...anonymousMembers('transformer'),
  fromArtifact: text('name'),
  fromVersion: text('range'),
  toVersion: text('range'),
  transformations,
}

interface Transformer {
  readonly fromVersion: string
  readonly toVersion: string
  readonly transformations: Static<typeof transformations>
}

const findTransformerProblems = ({ fromVersion, toVersion, transformations: all }: Transformer): ManifestProblem[] => [
  ...(fromVersion === toVersion
    ? [{ path: '/toVersion', message: 'equals fromVersion', expected: 'other versions than fromVersion' }]
    : []),
  ...repeatedAt(all, ({ type }) => type).map((index) => ({
    path: `/transformations/${index}/type`,
    message: 'is transformed twice',
    expected: 'one transformation per type',
  })),
  ...all.flatMap((it, index) =>
    findClashes(it.changes).map((clash) => ({ ...clash, path: `/transformations/${index}/changes${clash.path}` })),
  ),
]

/** A field may be added, removed or renamed, but only one of these. */
function findClashes({ added = [], removed = [], renamed = {} }: Static<typeof changes>): ManifestProblem[] {
  const gone = new Set(removed)
  const fresh = new Set(added)
  const targets = Object.values(renamed)
  return [
    ...added.flatMap((name, index) => (gone.has(name) ? [clash(`/added/${index}`, 'is also removed')] : [])),
    ...Object.keys(renamed).flatMap((name) => (gone.has(name) ? [clash(`/renamed${step(name)}`, 'is also removed')] : [])),
    ...Object.entries(renamed).flatMap(([name, to]) =>
      fresh.has(to) ? [clash(`/renamed${step(name)}`, 'becomes a field that is also added')] : [],
    ),
    ...(new Set(targets).size === targets.length ? [] : [clash('/renamed', 'gives two fields one name')]),
  ]
}

const clash = (path: string, message: string): ManifestProblem => ({ path, message, expected: 'one change per field' })

export const transformer = defineManifest(Type.Object(members), findCommonProblems, findTransformerProblems)
