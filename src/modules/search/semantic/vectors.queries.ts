import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { StoredVector } from './stored-vector.ts'

type Fragment = RawBuilder<unknown>

/** What of `search_documents d` is embedded: names parted where people part them, then keywords and the description. */
const embedded = sql`concat_ws(E'\n', translate(d.name, '-_./@', '     '), nullif(array_to_string(d.keywords, ' '), ''), d.description)`

export interface TextToEmbed {
  readonly artifactId: string
  readonly text: string
  readonly source: string
}

/** Those of these documents that have no vector of the model, or one of another text. */
export const textsToEmbed = (database: Database, model: string, artifactIds: readonly string[]): Promise<TextToEmbed[]> =>
  database.sql<TextToEmbed>`select d.artifact_id as "artifactId", ${embedded} as text, md5(${embedded}) as source
    from search_documents d left join search_vectors v on v.artifact_id = d.artifact_id
    where d.artifact_id = any(${artifactIds}::uuid[]) and (v.artifact_id is null or v.model <> ${model} or v.source <> md5(${embedded}))
    order by d.artifact_id`

export interface NewVector {
  readonly artifactId: string
  readonly source: string
  readonly scale: number
  /** Hexadecimal. */
  readonly vector: string
  readonly sketch: string
}

/** A document that went away meanwhile, or says something else now, gets none. */
export async function writeVectors(
  database: Database,
  { model, key }: { readonly model: string; readonly key: number },
  vectors: readonly NewVector[],
): Promise<void> {
  if (vectors.length === 0) return
  await database.sql`with given as materialized (
      select r.* from jsonb_to_recordset(${JSON.stringify(vectors)}::jsonb)
        as r ("artifactId" uuid, source text, scale real, vector text, sketch text)
        join search_documents d on d.artifact_id = r."artifactId" where md5(${embedded}) = r.source order by r."artifactId" for key share of d
    ), vectors as (
      insert into search_vectors (artifact_id, model, source, scale, vector)
      select "artifactId", ${model}, source, scale, decode(vector, 'hex') from given
      on conflict (artifact_id) do update set model = excluded.model, source = excluded.source, scale = excluded.scale, vector = excluded.vector
      returning artifact_id
    )
    insert into search_sketches (artifact_id, model, sketch)
    select g."artifactId", ${key}::integer, g.sketch::bit(1024) from given g join vectors v on v.artifact_id = g."artifactId"
    on conflict (artifact_id) do update set model = excluded.model, sketch = excluded.sketch`
}

/** Texts that have no vector, so that nobody asks for one again; what they had before is not what they say now. */
export async function writeVectorless(
  database: Database,
  { model }: { readonly model: string },
  texts: readonly TextToEmbed[],
): Promise<void> {
  const rows = JSON.stringify(texts.map(({ artifactId, source }) => ({ artifactId, source })))
  await database.sql`with given as materialized (
      select r.* from jsonb_to_recordset(${rows}::jsonb) as r ("artifactId" uuid, source text)
        join search_documents d on d.artifact_id = r."artifactId" order by r."artifactId" for key share of d
    ), gone as (delete from search_sketches where artifact_id in (select "artifactId" from given))
    insert into search_vectors (artifact_id, model, source, scale, vector) select "artifactId", ${model}, source, 0, '' from given
    on conflict (artifact_id) do update set model = excluded.model, source = excluded.source, scale = excluded.scale, vector = excluded.vector`
}

/** Ids of documents in their order, from behind `after`. */
export async function documentsAfter(database: Database, after: string | null, limit: number): Promise<string[]> {
  const rows = await database.sql<{ artifactId: string }>`select artifact_id as "artifactId" from search_documents
    where ${after}::uuid is null or artifact_id > ${after}::uuid order by artifact_id limit ${limit}`
  return rows.map(({ artifactId }) => artifactId)
}

export interface NearRow {
  readonly artifactId: string
  readonly scale: number
  readonly vector: Buffer
}

export interface Wanted {
  readonly model: string
  readonly key: number
  readonly sketch: string
  /** Over rows `d`, `a` and `n`: what the caller may see and asked for. */
  readonly where: Fragment
  readonly limit: number
}

const rows = sql`join search_documents d on d.artifact_id = s.artifact_id join artifacts a on a.id = s.artifact_id
  join namespaces n on n.id = a.namespace_id join search_vectors v on v.artifact_id = s.artifact_id`
const distance = (sketch: string): Fragment => sql`bit_count(sketch # ${sketch}::text::bit(1024))`
const found = sql`s.artifact_id as "artifactId", v.scale, v.vector`

/** Those of the `reach` sketches nearest to this one that the caller may see. */
export const nearestFirst = (database: Database, { model, key, sketch, where, limit }: Wanted, reach: number): Promise<NearRow[]> =>
  database.sql<NearRow>`select ${found} from (
      select artifact_id, ${distance(sketch)} as distance from search_sketches where model = ${key}::integer order by distance limit ${reach}) s
    ${rows} where v.model = ${model} and ${where} order by s.distance limit ${limit}`

/** The same among all that the caller may see: dearer, for those who see little or ask for little. */
export const nearestOfSome = (database: Database, { model, key, sketch, where, limit }: Wanted): Promise<NearRow[]> =>
  database.sql<NearRow>`select ${found} from search_sketches s ${rows}
    where s.model = ${key}::integer and v.model = ${model} and ${where} order by ${distance(sketch)} limit ${limit}`

/** The vector of one document. */
export async function vectorOf(database: Database, model: string, artifactId: string): Promise<StoredVector | undefined> {
  const [row] = await database.sql<{ scale: number; bytes: Buffer }>`
    select scale, vector as bytes from search_vectors where artifact_id = ${artifactId} and model = ${model} and vector <> ''`
  return row
}
