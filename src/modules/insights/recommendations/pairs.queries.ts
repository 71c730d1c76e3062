import type { Database } from '../../../shared/kernel/database.ts'
import { isPublic } from '../visible.ts'

/** Of one artifact, the youngest are enough to know what goes together. */
const maxDependants = 2_000
const maxCandidates = 60
const maxKept = 30
/** One artifact that has both says nothing. */
const minTogether = 2

/** Counting them goes through all dependencies: of many, the number of yesterday will do. */
const manyDependants = 10_000
const countedEvery = '1 day'

/** Public artifacts that depend on anything; of many, as of the last day. Not within a transaction: it may take seconds. */
export async function countDependants(database: Database): Promise<number> {
  const [known] = await database.sql<{ total: number }>`select dependants as total from insights_upkeep
    where dependants >= ${manyDependants} and dependants_counted_at > now() - ${countedEvery}::interval`
  if (known) return known.total
  const [row] = await database.sql<{ total: number }>`select count(distinct d.artifact_id) as total from timescape_dependencies d
    join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
    where a.state = 'active' and n.state = 'active' and ${isPublic}`
  const total = Math.max(1, row?.total ?? 0)
  await database.sql`update insights_upkeep set dependants = ${total}, dependants_counted_at = now()`
  return total
}

/**
 * What the public dependants of each artifact depend on beside it, by the highest version of each, in the place of what was found before. `jaccard` is
 * the share of those that have both among those that have either; `lift` how many times more often both come together than by chance, among `total` artifacts.
 */
export async function renewPairs(database: Database, artifactIds: readonly string[], total: number): Promise<void> {
  if (artifactIds.length === 0) return
  await database.sql`delete from insights_pairs where artifact_id = any(${artifactIds}::uuid[])`
  await database.sql`
    insert into insights_pairs (artifact_id, other_id, together, jaccard, lift)
    select me.id, p.id, p.together, p.together::float8 / (m.n + p.n - p.together), p.together::float8 * ${total}::bigint / (m.n * p.n)
    from (select it.id, s.name as namespace, it.name, it.format from artifacts it join namespaces s on s.id = it.namespace_id
      where it.id = any(${artifactIds}::uuid[]) and it.state = 'active') me
    cross join lateral (select array(select d.artifact_id from timescape_dependencies d join artifacts a on a.id = d.artifact_id
        join namespaces n on n.id = a.namespace_id
      where d.target_namespace = me.namespace and d.target_name = me.name and coalesce(d.target_format, me.format) = me.format
        and a.id <> me.id and a.state = 'active' and n.state = 'active' and ${isPublic} order by d.artifact_id desc limit ${maxDependants}) as ids) mine
    cross join lateral (select cardinality(mine.ids)) m (n)
    cross join lateral (
      select o.id, c.together, greatest(c.together, (select count(*) from (select 1 from timescape_dependencies d
          join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
        where d.target_namespace = c.target_namespace and d.target_name = c.target_name and coalesce(d.target_format, o.format) = o.format
          and a.id <> o.id and a.state = 'active' and n.state = 'active' and ${isPublic} limit ${maxDependants}) counted)) as n
      from (select d.target_namespace, d.target_name, d.target_format, count(*) as together from timescape_dependencies d
          where d.artifact_id = any(mine.ids) and (d.target_namespace, d.target_name) <> (me.namespace, me.name)
          group by 1, 2, 3 having count(*) >= ${minTogether} order by 4 desc, 1, 2 limit ${maxCandidates}) c
      join namespaces on1 on on1.name = c.target_namespace
      join lateral (select x.id, x.format from artifacts x where x.namespace_id = on1.id and x.name = c.target_name and x.state = 'active'
        and coalesce(c.target_format, x.format) = x.format order by x.format limit 1) o on true
    ) p
    where p.id <> me.id
    order by me.id, p.together::float8 / (m.n + p.n - p.together) desc
    on conflict do nothing`
  await database.sql`delete from insights_pairs p using (select artifact_id, other_id, row_number() over (partition by artifact_id
      order by jaccard desc, other_id) as place from insights_pairs where artifact_id = any(${artifactIds}::uuid[])) r
    where r.artifact_id = p.artifact_id and r.other_id = p.other_id and r.place > ${maxKept}`
}
