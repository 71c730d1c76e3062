import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { freshness, popularity, verification, weight } from './standing.ts'

/** Freshness goes by itself; nobody sees less than this of it. */
const noticeable = sql`0.002`

/** What everything is listed by, of the artifacts that `ids` selects; answers those of which it changed. */
export async function renewStandings(database: Database, ids: RawBuilder<unknown>): Promise<string[]> {
  const rows = await database.sql<{ artifactId: string }>`
    with found as (
      select d.artifact_id, a.downloads, a.stars, coalesce(d.published_at, a.created_at) as updated, a.created_at as created, d.verified, d.quality, d.name
      from search_documents d join artifacts a on a.id = d.artifact_id where d.artifact_id in (${ids})
    ), measured as (
      select artifact_id, name, downloads, stars, updated, created, ${weight({ popularity, freshness, verified: verification, quality: sql`quality` })} as relevance
      from found
    )
    insert into search_standings (artifact_id, name, downloads, stars, updated, created, relevance)
    select m.* from measured m left join search_standings s on s.artifact_id = m.artifact_id
    where s.artifact_id is null or abs(s.relevance - m.relevance) > ${noticeable}
      or (s.name, s.downloads, s.stars, s.updated, s.created) is distinct from (m.name, m.downloads, m.stars, m.updated, m.created)
    order by m.artifact_id
    on conflict (artifact_id) do update set name = excluded.name, downloads = excluded.downloads, stars = excluded.stars, updated = excluded.updated,
      created = excluded.created, relevance = excluded.relevance
    returning artifact_id as "artifactId"`
  return rows.map(({ artifactId }) => artifactId)
}

export const renewOf = (database: Database, artifactIds: readonly string[]): Promise<string[]> =>
  renewStandings(database, sql`select unnest(${artifactIds}::uuid[])`)
