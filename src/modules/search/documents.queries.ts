import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { DocumentSource, SearchDocument } from './search-document.ts'

const shown = sql`('published', 'deprecated')`

/** The version that speaks for `artifacts a`; each part is one step into an index, however many versions there are. */
export const speakingVersion = sql`coalesce(
  (select t.version_id from tags t join versions l on l.id = t.version_id
    where t.artifact_id = a.id and t.name = 'latest' and l.state in ${shown}),
  (select r.id from versions r where r.artifact_id = a.id and not r.prerelease and r.state in ${shown} order by r.sort_key desc limit 1),
  (select p.id from versions p where p.artifact_id = a.id and p.state in ${shown} order by p.sort_key desc limit 1))`

export const hasPlainTag = sql`(a.format = 'oci' and exists (select 1 from tags t where t.artifact_id = a.id and t.version_id is null))`

/** Those of these artifacts that have something to show. */
export const sourcesOf = (database: Database, artifactIds: readonly string[]): Promise<DocumentSource[]> =>
  database.sql<DocumentSource>`select a.id as "artifactId", n.name as namespace, a.name, a.format, a.description, a.labels, a.rev,
      a.updated_at as "updatedAt", v.version, v.published_by as "publishedBy", v.published_at as "publishedAt", v.about
    from artifacts a join namespaces n on n.id = a.namespace_id
      left join lateral (select s.version, s.published_by, s.published_at, jsonb_build_object(
          'description', s.metadata->'description', 'keywords', s.metadata->'keywords', 'license', s.metadata->'license',
          'homepage', s.metadata->'homepage', 'repository', s.metadata->'repository') as about
        from versions s where s.id = ${speakingVersion}) v on true
    where a.id = any(${artifactIds}::uuid[]) and a.state = 'active' and n.state = 'active' and (v.version is not null or ${hasPlainTag})`

/** Whoever indexes one of these artifacts waits: what is read after this is at least as new as what was written before. */
export async function holdDocuments(database: Database, artifactIds: readonly string[]): Promise<void> {
  await database.sql`select pg_advisory_xact_lock(hashtextextended('search ' || id, 0)) from (
    select id from unnest(${artifactIds}::text[]) as i (id) order by id) ids`
}

/** Names are parted where people part them: Postgres would read `left-pad` and `a/b` as one word each. */
const parted = (column: string) => sql`translate(${sql.ref(column)}, '-_./@', '     ')`
const weighted = (config: 'simple' | 'english', text: ReturnType<typeof sql>, weight: 'A' | 'B' | 'C' | 'D') =>
  sql`setweight(to_tsvector(${sql.lit(config)}::regconfig, coalesce(${text}, '')), ${sql.lit(weight)})`
/** In both languages: as it is written, for beginnings of words, and by its stem. */
const written = (text: ReturnType<typeof sql>, weight: 'A' | 'B') =>
  sql`${weighted('simple', text, weight)} || ${weighted('english', text, weight)}`

const keywordText = sql`translate(array_to_string(d.keywords, ' '), '-_./@', '     ')`
const namespaceText = sql`case when d.namespace = 'library' then '' else ${parted('d.namespace')} end`
const tsvector = sql`${written(parted('d.name'), 'A')} || ${weighted('simple', namespaceText, 'B')} || ${written(keywordText, 'B')}
  || ${weighted('english', parted('d.description'), 'C')} || ${weighted('simple', parted('d.more'), 'D')}`

export async function writeDocuments(database: Database, documents: readonly SearchDocument[]): Promise<void> {
  if (documents.length === 0) return
  await database.sql`insert into search_documents (artifact_id, namespace, name, description, keywords, version, license, homepage,
      repository, published_by, published_at, rev, source_updated_at, document)
    select d."artifactId", d.namespace, d.name, d.description, d.keywords, d.version, d.license, d.homepage, d.repository,
      d."publishedBy", d."publishedAt", d.rev, d."updatedAt", ${tsvector}
    from jsonb_to_recordset(${JSON.stringify(documents)}::jsonb) as d ("artifactId" uuid, namespace text, name text, description text,
      keywords text[], version text, license text, homepage text, repository text, "publishedBy" uuid, "publishedAt" timestamptz,
      rev bigint, "updatedAt" timestamptz, more text)
    on conflict (artifact_id) do update set namespace = excluded.namespace, name = excluded.name, description = excluded.description,
      keywords = excluded.keywords, version = excluded.version, license = excluded.license, homepage = excluded.homepage,
      repository = excluded.repository, published_by = excluded.published_by, published_at = excluded.published_at,
      rev = excluded.rev, source_updated_at = excluded.source_updated_at, document = excluded.document`
}

export async function dropDocuments(database: Database, artifactIds: readonly string[]): Promise<void> {
  if (artifactIds.length > 0) await database.sql`delete from search_documents where artifact_id = any(${artifactIds}::uuid[])`
}

/** In the order of their ids, from behind `after`. */
export async function artifactsAfter(database: Database, after: string | null, limit: number): Promise<string[]> {
  const rows = await database.sql<{ id: string }>`
    select id from artifacts where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit}`
  return rows.map(({ id }) => id)
}
