import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'

/** A version `v` that was published; one that was held and went into quarantine from there never was. */
const wasPublished = sql`v.state in ('published', 'deprecated', 'yanked', 'quarantined') and coalesce(v.state_before, '') <> 'pending'`

export async function isRecordable(database: Database, versionId: string): Promise<boolean> {
  const rows = await database.sql`select 1 from versions v where v.id = ${versionId} and ${wasPublished}`
  return rows.length > 0
}

const restsFor = '1 hour'

/** Where the sweep goes on; it rests after it went through everything. */
export async function readSwept(database: Database): Promise<{ readonly swept: string | null; readonly isResting: boolean }> {
  const [row] = await database.sql<{ swept: string | null; isResting: boolean }>`select swept,
      swept is null and coalesce(passed_at > now() - ${restsFor}::interval, false) as "isResting" from timescape_upkeep`
  return row ?? { swept: null, isResting: false }
}

/** Null: everything was gone through. */
export async function keepSwept(database: Database, swept: string | null): Promise<void> {
  await database.sql`update timescape_upkeep set swept = ${swept}::uuid,
    passed_at = case when ${swept}::uuid is null then now() else passed_at end`
}

/** In the order of their ids. */
export async function artifactsBehind(database: Database, after: string | null, limit: number): Promise<readonly string[]> {
  const behind = after === null ? sql`` : sql`where id > ${after}::uuid`
  const rows = await database.sql<{ id: string }>`select id from artifacts ${behind} order by id limit ${limit}`
  return rows.map(({ id }) => id)
}

export interface Unrecorded {
  readonly artifactId: string
  readonly pending: { readonly versionIds: readonly string[]; readonly tags: readonly string[] }
}

/** Those of these artifacts that the graph does not know all versions of, or whose content was not compared to the end. */
export async function unrecordedOf(database: Database, artifactIds: readonly string[], limit: number): Promise<readonly Unrecorded[]> {
  const rows = await database.sql<{ artifactId: string; versionIds: string[]; tags: string[]; unfinished: boolean }>`
    select a.id as "artifactId",
      array(select v.id::text from versions v where v.artifact_id = a.id and ${wasPublished}
        and not exists (select 1 from timescape_nodes n where n.version_id = v.id) order by v.sort_key, v.id limit ${limit}) as "versionIds",
      array(select t.name from tags t where t.artifact_id = a.id and a.format = 'oci' and t.version_id is null
        and t.name ~ '^v?[0-9]+\\.[0-9]+\\.[0-9]+([-_+].*)?$' and not exists (select 1 from timescape_nodes n
          where n.artifact_id = a.id and n.version = t.name and n.manifest_digest = t.manifest_digest and n.state = 'live')
        order by t.name limit ${limit}) as tags,
      exists (select 1 from timescape_edges e where e.artifact_id = a.id and e.content_state = 'pending') as unfinished
    from artifacts a where a.id = any(${artifactIds}::uuid[])`
  return rows
    .filter(({ versionIds, tags, unfinished }) => versionIds.length + tags.length > 0 || unfinished)
    .map(({ artifactId, versionIds, tags }) => ({ artifactId, pending: { versionIds, tags } }))
}

const maxBelow = 50

/** Ids of the versions next below, lowest first, as far as no node stands for them: one step into an index each. */
export async function unrecordedBelow(
  database: Database,
  version: { readonly id: string; readonly artifactId: string },
): Promise<string[]> {
  const ids: string[] = []
  for (let at = version.id; ids.length < maxBelow; ) {
    const [next] = await database.sql<{ id: string; isKnown: boolean }>`
      select v.id, exists (select 1 from timescape_nodes n where n.version_id = v.id) as "isKnown"
      from versions here join versions v on v.artifact_id = here.artifact_id and (v.sort_key, v.id) < (here.sort_key, here.id)
      where here.id = ${at} and here.sort_key <> '' and v.sort_key <> '' and ${wasPublished}
      order by v.sort_key desc, v.id desc limit 1`
    if (!next || next.isKnown) break
    ids.unshift(next.id)
    at = next.id
  }
  return ids
}
