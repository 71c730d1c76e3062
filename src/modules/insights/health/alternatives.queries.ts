import type { Database } from '../../../shared/kernel/database.ts'
import type { Sight } from '../../auth/contract.ts'
import { visible } from '../visible.ts'
import type { AlternativeView } from './health-views.ts'

const maxLikely = 2_000

/** What publishers said to take in the place of the highest version, by artifact. */
export async function suggestionsOf(database: Database, artifactIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await database.sql<{ artifactId: string; suggestion: string }>`select h.artifact_id as "artifactId", d.suggestion
    from insights_health h join timescape_deprecations d on d.artifact_id = h.artifact_id and d.version = h.version
    where h.artifact_id = any(${artifactIds}::uuid[]) and d.suggestion is not null`
  return new Map(rows.map(({ artifactId, suggestion }) => [artifactId, suggestion]))
}

/** Of the same type, with words in common and without a flag, that the caller may see; by how much they have in common, then by dependants. */
export const healthyAlike = (
  database: Database,
  { artifactIds, sight, limit }: { readonly artifactIds: readonly string[]; readonly sight: Sight; readonly limit: number },
) =>
  database.sql<Omit<AlternativeView, 'reason'> & { readonly of: string; readonly shared: readonly string[] }>`
    select h.artifact_id as of, o.* from insights_health h join artifacts me on me.id = h.artifact_id
    join lateral (
      select c.namespace, c.name, c.format, c.version, c.health,
        array(select unnest(h.terms) intersect select unnest(c.terms) order by 1) as shared
      from (select n.name as namespace, a.name, a.format, k.version, k.score as health, k.terms, (k.inputs->>'dependants')::bigint as dependants
        from insights_health k join artifacts a on a.id = k.artifact_id join namespaces n on n.id = a.namespace_id
        where k.terms && h.terms and k.artifact_id <> h.artifact_id and a.type = me.type and k.flags = '[]' and ${visible(sight)}
        limit ${maxLikely}) c
      order by cardinality(array(select unnest(h.terms) intersect select unnest(c.terms))) desc, c.dependants desc, c.health desc, c.namespace, c.name
      limit ${limit}) o on true
    where h.artifact_id = any(${artifactIds}::uuid[])`
