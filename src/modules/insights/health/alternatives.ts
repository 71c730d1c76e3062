import type { Database } from '../../../shared/kernel/database.ts'
import type { Sight } from '../../auth/contract.ts'
import { nameKey, seenNames } from '../artifacts.queries.ts'
import { healthyAlike, suggestionsOf } from './alternatives.queries.ts'
import { healthRows } from './health.queries.ts'
import type { AlternativeView } from './health-views.ts'

const maxEach = 3

export interface Alternatives {
  /** As its publishers wrote it: a version, a name, or words. */
  readonly suggestion: string | null
  readonly items: readonly AlternativeView[]
}

/** What could be taken in the place of each: what its publishers name, then what is like it and in good health. */
export async function alternativesOf(
  database: Database,
  artifactIds: readonly string[],
  sight: Sight,
): Promise<ReadonlyMap<string, Alternatives>> {
  if (artifactIds.length === 0) return new Map()
  const suggestions = await suggestionsOf(database, artifactIds)
  const named = await namedIn([...suggestions.values()], database, sight)
  const alike = Map.groupBy(await healthyAlike(database, { artifactIds, sight, limit: maxEach }), (one) => one.of)
  return new Map(
    artifactIds.map((id) => {
      const suggestion = suggestions.get(id) ?? null
      const first = suggestion === null ? undefined : named.get(suggestion)
      const others = (alike.get(id) ?? []).map(({ of: _of, shared, ...one }) => ({ ...one, reason: `has in common: ${shared.join(', ')}` }))
      const items = [...(first ? [first] : []), ...others.filter((one) => !first || nameKey(one) !== nameKey(first))]
      return [id, { suggestion, items: items.slice(0, maxEach) }]
    }),
  )
}

const reference = /^(?:@|gati\.dev\/(?:users|orgs)\/)?([^/@:\s]+)\/([^/@:\s]+)(?:[@:]\S*)?$/

/** Those suggestions that name an artifact the caller may see. */
async function namedIn(suggestions: readonly string[], database: Database, sight: Sight): Promise<ReadonlyMap<string, AlternativeView>> {
  const names = suggestions.flatMap((text) => {
    const [, namespace, name] = reference.exec(text) ?? []
    return namespace !== undefined && name !== undefined ? [{ text, namespace, name, format: null }] : []
  })
  const found = await seenNames(database, names, sight)
  const health = new Map(
    (
      await healthRows(
        database,
        found.map((one) => one.artifactId),
      )
    ).map((row) => [row.artifactId, row]),
  )
  return new Map(
    names.flatMap(({ text, ...named }) => {
      const artifact = found.find((one) => nameKey(one) === nameKey(named))
      const row = artifact && health.get(artifact.artifactId)
      if (!artifact || !row) return []
      const { namespace, name, format } = artifact
      return [[text, { namespace, name, format, version: row.version, health: row.score, reason: 'its publishers suggest it' }] as const]
    }),
  )
}
