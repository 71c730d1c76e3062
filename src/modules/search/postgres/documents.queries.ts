import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { SearchDocument } from '../search-document.ts'
import { relevance } from './standing.ts'

/** Raised whenever documents are made in another way: the sweep makes anew what has an older one. */
export const documentForm = 2

/** Names are parted where people part them: Postgres would read `left-pad` and `a/b` as one word each. */
const parted = (column: string) => sql`translate(${sql.ref(column)}, '-_./@', '     ')`
const weighted = (config: 'simple' | 'english', text: ReturnType<typeof sql>, weight: 'A' | 'B' | 'C' | 'D') =>
  sql`setweight(to_tsvector(${sql.lit(config)}::regconfig, coalesce(${text}, '')), ${sql.lit(weight)})`
/** In both languages: as it is written, for beginnings of words, and by its stem. */
const written = (text: ReturnType<typeof sql>, weight: 'A' | 'B') =>
  sql`${weighted('simple', text, weight)} || ${weighted('english', text, weight)}`

const listText = (column: string) => sql`translate(array_to_string(${sql.ref(column)}, ' '), '-_./@:', '      ')`
const namespaceText = sql`case when d.namespace = 'library' then '' else ${parted('d.namespace')} end`
const tsvector = sql`${written(parted('d.name'), 'A')} || ${weighted('simple', namespaceText, 'B')} || ${written(listText('d.keywords'), 'B')}
  || ${weighted('english', parted('d.description'), 'C')} || ${weighted('simple', listText('d.capabilities'), 'D')}
  || ${weighted('simple', parted('d.more'), 'D')}`

const columns = {
  artifact_id: sql`d."artifactId"`,
  ...Object.fromEntries(['namespace', 'name', 'description', 'keywords', 'version', 'license'].map((name) => [name, sql.ref(`d.${name}`)])),
  ...Object.fromEntries(
    ['homepage', 'repository', 'rev', 'capabilities', 'languages', 'licenses'].map((name) => [name, sql.ref(`d.${name}`)]),
  ),
  published_by: sql`d."publishedBy"`,
  published_at: sql`d."publishedAt"`,
  source_updated_at: sql`d."updatedAt"`,
  gati_version: sql`d."gatiVersion"`,
  gati_from: sql`array(select i->>'from' from jsonb_array_elements(d."gatiIntervals") with ordinality e (i, at) order by at)`,
  gati_until: sql`array(select i->>'until' from jsonb_array_elements(d."gatiIntervals") with ordinality e (i, at) order by at)`,
  // What is not active has no document.
  is_shown: sql`true`,
  is_public: sql`d."isPublic"`,
  account_id: sql`d."accountId"`,
  type: sql`d.type`,
  format: sql`d.format`,
  downloads: sql`d.downloads`,
  stars: sql`d.stars`,
  updated: sql`d.updated`,
  created: sql`d."createdAt"`,
  relevance,
  verified: sql`d.verified`,
  quality: sql`d.quality`,
  security_score: sql`d."securityScore"`,
  form: sql.lit(documentForm),
  document: tsvector,
}
const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)))
const changes = sql.join(Object.keys(columns).map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))

/** In the order of their ids, as everybody does who changes several. */
export async function writeDocuments(database: Database, documents: readonly SearchDocument[]): Promise<void> {
  if (documents.length === 0) return
  await database.sql`insert into search_documents (${names})
    select ${sql.join(Object.values(columns))}
    from (select *, coalesce("publishedAt", "createdAt") as updated
      from jsonb_to_recordset(${JSON.stringify(documents)}::jsonb) as r ("artifactId" uuid, namespace text, name text, description text,
      keywords text[], version text, license text, homepage text, repository text, "publishedBy" uuid, "publishedAt" timestamptz,
      rev bigint, "updatedAt" timestamptz, more text, capabilities text[], languages text[], licenses text[], "gatiVersion" text,
      "gatiIntervals" jsonb, "isPublic" boolean, "accountId" uuid, type text, format text, downloads bigint, stars bigint,
      "createdAt" timestamptz, verified boolean, quality float8, "securityScore" integer)) d
    order by d."artifactId" on conflict (artifact_id) do update set ${changes}`
}

export async function dropDocuments(database: Database, artifactIds: readonly string[]): Promise<void> {
  if (artifactIds.length > 0) await database.sql`delete from search_documents where artifact_id = any(${artifactIds}::uuid[])`
}
