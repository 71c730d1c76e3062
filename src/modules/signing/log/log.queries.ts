import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { FactKind, LoggedFact } from '../../../shared/transparency/log-entry.ts'
import type { Tile } from './tiles.ts'

export interface Head {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  /** The signed checkpoint. */
  readonly note: string
}

export async function readHead(database: Database): Promise<Head | undefined> {
  const [head] = await database.sql<Head>`select origin, size, root, note from log_head`
  return head
}

export async function writeHead(database: Database, { origin, size, root, note }: Head): Promise<void> {
  await database.sql`insert into log_head (origin, size, root, note) values (${origin}, ${size}, ${root}, ${note})
    on conflict (sole) do update set size = excluded.size, root = excluded.root, note = excluded.note, signed_at = now()`
}

/** A fact on its way into the log. */
export interface PendingFact {
  readonly id: number
  readonly kind: FactKind
  readonly sourceId: string
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly format: string
  readonly reference: string
  readonly digest: string | null
}

export const readPending = (database: Database, limit: number): Promise<PendingFact[]> => database.sql<PendingFact>`
  select id, kind, source_id as "sourceId", artifact_id as "artifactId", namespace, name, format, reference, digest
  from log_pending order by id limit ${limit}`

/** How many wait, of which no more than so many are counted. */
export async function countPending(database: Database, most: number): Promise<number> {
  const [row] = await database.sql<{ count: number }>`select count(*) from (select 1 from log_pending limit ${most}) waiting`
  return row?.count ?? 0
}

export async function dropPending(database: Database, ids: readonly number[]): Promise<void> {
  await database.sql`delete from log_pending where id = any(${ids}::bigint[])`
}

/** What the log says already of the sources, and of the versions, that these facts are about. */
export async function readLogged(database: Database, facts: readonly PendingFact[]) {
  const sources = await database.sql<Pick<PendingFact, 'kind' | 'sourceId'>>`
    select e.kind, e.source_id as "sourceId" from log_entries e
    join unnest(${facts.map(({ kind }) => kind)}::text[], ${facts.map(({ sourceId }) => sourceId)}::uuid[]) as f (kind, source_id)
      on e.kind = f.kind and e.source_id = f.source_id`
  const versions = facts.filter(({ kind }) => kind === 'version')
  const named = await database.sql<Pick<PendingFact, 'namespace' | 'name' | 'format' | 'reference' | 'digest'>>`
    select e.namespace, e.name, e.format, e.reference, e.digest from log_entries e
    join unnest(${versions.map(({ namespace }) => namespace)}::text[], ${versions.map(({ name }) => name)}::text[],
      ${versions.map(({ format }) => format)}::text[], ${versions.map(({ reference }) => reference)}::text[]) as f (namespace, name, format, reference)
      on e.namespace = f.namespace and e.name = f.name and e.format = f.format and e.reference = f.reference
    where e.kind = 'version'`
  return { sources, named }
}

export interface NewEntry extends Omit<PendingFact, 'id'> {
  readonly index: number
  readonly time: string
  readonly salt: Buffer
  readonly leaf: Buffer
}

export async function writeEntries(database: Database, entries: readonly NewEntry[]): Promise<void> {
  const column = <K extends keyof NewEntry>(key: K) => entries.map((entry) => entry[key])
  await database.sql`
    insert into log_entries (index, kind, source_id, artifact_id, namespace, name, format, reference, digest, logged_at, salt, leaf)
    select * from unnest(${column('index')}::bigint[], ${column('kind')}::text[], ${column('sourceId')}::uuid[], ${column('artifactId')}::uuid[],
      ${column('namespace')}::text[], ${column('name')}::text[], ${column('format')}::text[], ${column('reference')}::text[],
      ${column('digest')}::text[], ${column('time')}::text[], ${column('salt')}::bytea[], ${column('leaf')}::bytea[])`
}

/** A second digest, beside the one that the log has. */
export type Refusal = PendingFact & { readonly loggedDigest: string | null }

export async function writeRefusals(database: Database, refusals: readonly Refusal[]): Promise<void> {
  for (const { kind, sourceId, artifactId, namespace, name, format, reference, digest, loggedDigest } of refusals)
    await database.sql`
      insert into log_refusals (kind, source_id, artifact_id, namespace, name, format, reference, digest, logged_digest)
      values (${kind}, ${sourceId}, ${artifactId}, ${namespace}, ${name}, ${format}, ${reference}, ${digest}, ${loggedDigest})
      on conflict do nothing`
}

export async function readTile(database: Database, level: number, index: number): Promise<Buffer | undefined> {
  const [row] = await database.sql<{ hashes: Buffer }>`select hashes from log_tiles where level = ${level} and index = ${index}`
  return row?.hashes
}

/** A tile only ever grows. */
export async function writeTiles(database: Database, tiles: readonly Tile[]): Promise<void> {
  const rows = await database.sql`
    insert into log_tiles (level, index, hashes)
    select * from unnest(${tiles.map(({ level }) => level)}::smallint[], ${tiles.map(({ index }) => index)}::bigint[],
      ${tiles.map(({ hashes }) => hashes)}::bytea[])
    on conflict (level, index) do update set hashes = excluded.hashes
    where substr(excluded.hashes, 1, octet_length(log_tiles.hashes)) = log_tiles.hashes returning level`
  if (rows.length !== tiles.length) throw new Error('a tile of the log would lose what it holds')
}

export const readLeaves = (database: Database, from: number, count: number): Promise<{ readonly leaf: Buffer }[]> =>
  database.sql<{ leaf: Buffer }>`select leaf from log_entries where index >= ${from} and index < ${from + count} order by index`

export interface Entry extends LoggedFact {
  readonly index: number
  readonly salt: Buffer
}

const entryColumns = sql`index, kind, namespace, name, format, reference, digest, logged_at as time, salt`

interface WantedEntry {
  readonly artifactId: string
  readonly reference: string
  /** Of the tree that it has to be in. */
  readonly size: number
}

export async function findVersionEntry(database: Database, { artifactId, reference, size }: WantedEntry): Promise<Entry | undefined> {
  const [entry] = await database.sql<Entry>`select ${entryColumns} from log_entries
    where artifact_id = ${artifactId} and kind = 'version' and reference = ${reference} and index < ${size} limit 1`
  return entry
}

/** Of the move that made the tag what it is now. */
export async function findTagEntry(database: Database, { artifactId, reference, size }: WantedEntry): Promise<Entry | undefined> {
  const [entry] = await database.sql<Entry>`select ${entryColumns} from log_entries
    where kind = 'tag' and source_id = (select change_id from tags where artifact_id = ${artifactId} and name = ${reference})
      and index < ${size}`
  return entry
}

/** Newest first, from before an index on. */
export const listEntries = (
  database: Database,
  artifactId: string,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<Entry[]> => database.sql<Entry>`
  select ${entryColumns} from log_entries
  where artifact_id = ${artifactId} and (${before ?? null}::bigint is null or index < ${before ?? null}) order by index desc limit ${limit}`
