import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import { publicArtifacts } from '../metadata/sight.contract.ts'
import { hasPlainTag, isVerified, speakingVersion } from './documents.queries.ts'
import { documentForm } from './postgres/documents.queries.ts'
import { renewStandings } from './postgres/standings.queries.ts'

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
  else a.rev <> d.rev or a.updated_at <> d.source_updated_at or d.form <> ${sql.lit(documentForm)}
    or (d.is_shown, d.is_public, d.account_id) is distinct from (true, ${publicArtifacts}, n.account_id) or d.verified <> ${isVerified(sql`d.published_by`)} end`
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

/** Downloads, stars and age have no event; answers of which artifacts they changed noticeably. */
export const renewSlice = (database: Database, after: string | null, size: number): Promise<string[]> =>
  renewStandings(database, sliceBehind(after, size))
