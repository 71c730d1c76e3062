import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { relevance } from './standing.ts'

/** Freshness goes by itself; nobody sees less than this of it. */
const noticeable = sql`0.002`

/** Downloads, stars and age as they are now, of the artifacts that `ids` selects. */
const measured = (ids: RawBuilder<unknown>) => sql`
  select artifact_id, downloads, stars, updated, created, ${relevance} as relevance
  from (select d.artifact_id, a.downloads, a.stars, coalesce(d.published_at, a.created_at) as updated, a.created_at as created, d.verified, d.quality
    from search_documents d join artifacts a on a.id = d.artifact_id where d.artifact_id in (${ids})) found`

/**
 * Brings what is ranked by up to date, of the artifacts that `ids` selects; answers those of which it changed. Belongs into a transaction. Documents
 * are held first, as whoever writes them does; those that somebody else holds are left to the next time.
 */
export async function renewStandings(database: Database, ids: RawBuilder<unknown>): Promise<string[]> {
  const changed = sql`select m.artifact_id from (${measured(ids)}) m join search_documents d on d.artifact_id = m.artifact_id
    where abs(d.relevance - m.relevance) > ${noticeable}
      or (d.downloads, d.stars, d.updated, d.created) is distinct from (m.downloads, m.stars, m.updated, m.created)`
  const held = await database.sql<{ id: string }>`select d.artifact_id as id from search_documents d
    where d.artifact_id = any(array(${changed})) order by d.artifact_id for no key update skip locked`
  const heldIds = held.map(({ id }) => id)
  if (heldIds.length === 0) return heldIds
  await database.sql`update search_documents d
    set downloads = m.downloads, stars = m.stars, updated = m.updated, created = m.created, relevance = m.relevance
    from (${measured(sql`select unnest(${heldIds}::uuid[])`)}) m where m.artifact_id = d.artifact_id`
  await copyStandings(database, heldIds)
  return heldIds
}

/** What documents are ranked by, in the order of each column. */
export async function copyStandings(database: Database, artifactIds: readonly string[]): Promise<void> {
  await database.sql`insert into search_standings (artifact_id, name, downloads, stars, updated, created, relevance)
    select d.artifact_id, d.name, d.downloads, d.stars, d.updated, d.created, d.relevance
    from search_documents d left join search_standings s on s.artifact_id = d.artifact_id
    where d.artifact_id = any(${artifactIds}::uuid[]) and (s.artifact_id is null
      or (s.name, s.downloads, s.stars, s.updated, s.created, s.relevance) is distinct from (d.name, d.downloads, d.stars, d.updated, d.created, d.relevance))
    order by d.artifact_id
    on conflict (artifact_id) do update set name = excluded.name, downloads = excluded.downloads, stars = excluded.stars, updated = excluded.updated,
      created = excluded.created, relevance = excluded.relevance`
}
