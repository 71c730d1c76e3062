import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import { hasPlainTag, speakingVersion } from './documents.queries.ts'
import { freshness, popularity, weight } from './standing.ts'

/** How far the care for documents has come. Instants are texts: a Date would lose their microseconds. */
export interface UpkeepPlace {
  readonly lookedUntil: string
  /** The last artifact of the sweep; null: it begins anew. */
  readonly swept: string | null
  readonly now: string
}

export async function readPlace(database: Database): Promise<UpkeepPlace> {
  const [row] = await database.sql<UpkeepPlace>`
    select looked_until::text as "lookedUntil", swept, now()::text as now from search_upkeep`
  if (!row) throw new Error('the row of search_upkeep is missing')
  return row
}

export async function keepPlace(database: Database, { lookedUntil, swept }: Omit<UpkeepPlace, 'now'>): Promise<void> {
  await database.sql`update search_upkeep set looked_until = ${lookedUntil}::timestamptz, swept = ${swept}::uuid`
}

/** A document that is not what `artifacts a` of `namespaces n` says. */
const isStale = sql`case
  when a.state <> 'active' or n.state <> 'active' then d.artifact_id is not null
  when d.artifact_id is null then ${speakingVersion} is not null or ${hasPlainTag}
  else a.rev <> d.rev or a.updated_at <> d.source_updated_at end`
const compared = sql`artifacts a join namespaces n on n.id = a.namespace_id left join search_documents d on d.artifact_id = a.id`

export interface ChangedArtifact {
  readonly id: string
  readonly at: string
}

/** A transaction that began so long before the last look may have ended after it; the sweep finds those that took longer. */
const overlap = sql`interval '10 minutes'`

/** In the order of their changes, from behind `after`. */
export const staleSince = (
  database: Database,
  { since, after, limit }: { readonly since: string; readonly after: ChangedArtifact | undefined; readonly limit: number },
): Promise<ChangedArtifact[]> => {
  const behind = after ? sql`and (a.updated_at, a.id) > (${after.at}::timestamptz, ${after.id}::uuid)` : sql``
  return database.sql<ChangedArtifact>`select a.id, a.updated_at::text as at from ${compared}
    where a.updated_at >= ${since}::timestamptz - ${overlap} ${behind} and ${isStale} order by a.updated_at, a.id limit ${limit}`
}

export interface SweptSlice {
  /** Null behind the last artifact. */
  readonly last: string | null
  readonly staleIds: readonly string[]
}

const beforeAll = '00000000-0000-0000-0000-000000000000'
const sliceBehind = (after: string | null, size: number): RawBuilder<unknown> =>
  sql`select id from artifacts where id > ${after ?? beforeAll}::uuid order by id limit ${size}`

/** So many artifacts in the order of their ids, whenever they changed. */
export async function sweepSlice(database: Database, after: string | null, size: number): Promise<SweptSlice> {
  const [row] = await database.sql<{ last: string | null; isFull: boolean; staleIds: readonly string[] }>`
    with slice as materialized (${sliceBehind(after, size)})
    select (select id from slice order by id desc limit 1) as last, (select count(*) from slice) = ${size}::bigint as "isFull",
      array(select a.id from ${compared} where a.id in (select id from slice) and ${isStale} order by a.id) as "staleIds"`
  return { last: row?.isFull ? row.last : null, staleIds: row?.staleIds ?? [] }
}

export const renewSlice = (database: Database, after: string | null, size: number): Promise<void> =>
  renewStandings(database, sliceBehind(after, size))

export const renewOf = (database: Database, artifactIds: readonly string[]): Promise<void> =>
  renewStandings(database, sql`select unnest(${artifactIds}::uuid[])`)

/** Freshness goes by itself; nobody sees less than this of it. */
const noticeable = sql`0.002`

async function renewStandings(database: Database, ids: RawBuilder<unknown>): Promise<void> {
  await database.sql`
    with found as (
      select d.artifact_id, a.downloads, a.stars, coalesce(d.published_at, a.created_at) as updated, a.created_at as created
      from search_documents d join artifacts a on a.id = d.artifact_id where d.artifact_id in (${ids})
    ), measured as (select *, ${weight({ popularity, freshness })} as relevance from found)
    insert into search_standings (artifact_id, downloads, stars, updated, created, relevance)
    select m.* from measured m left join search_standings s on s.artifact_id = m.artifact_id
    where s.artifact_id is null or abs(s.relevance - m.relevance) > ${noticeable}
      or (s.downloads, s.stars, s.updated, s.created) is distinct from (m.downloads, m.stars, m.updated, m.created)
    order by m.artifact_id
    on conflict (artifact_id) do update set downloads = excluded.downloads, stars = excluded.stars, updated = excluded.updated,
      created = excluded.created, relevance = excluded.relevance`
}
