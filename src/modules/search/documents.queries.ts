import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import { publicArtifacts } from '../metadata/sight.contract.ts'
import type { ScannedManifest } from '../scanning/scores.contract.ts'
import type { DocumentSource } from './search-document.ts'

const shown = sql`('published', 'deprecated')`

/** The version that speaks for `artifacts a`; each part is one step into an index, however many versions there are. */
export const speakingVersion = sql`coalesce(
  (select t.version_id from tags t join versions l on l.id = t.version_id
    where t.artifact_id = a.id and t.name = 'latest' and l.state in ${shown}),
  (select r.id from versions r where r.artifact_id = a.id and not r.prerelease and r.state in ${shown} order by r.sort_key desc limit 1),
  (select p.id from versions p where p.artifact_id = a.id and p.state in ${shown} order by p.sort_key desc limit 1))`

export const hasPlainTag = sql`(a.format = 'oci' and exists (select 1 from tags t where t.artifact_id = a.id and t.version_id is null))`

/** Verified: the owner of the namespace, or in one without an owner whoever published. Of `namespaces n` and a version's `publishedBy`. */
export const isVerified = (publishedBy: RawBuilder<unknown>) =>
  sql`coalesce((select c.verified from accounts c where c.id = coalesce(n.account_id, ${publishedBy}) and c.state <> 'deleted'), false)`

const members = ['description', 'keywords', 'license', 'homepage', 'repository', 'capabilities', 'language', 'languages', 'gatiVersion']
/** May be long, and only whether they are there is of interest. */
const longMembers = ['gtypes', 'types', 'typings', 'readme', 'readmeFilename', 'modelCard']
const about = sql`jsonb_build_object(${sql.join([
  ...members.flatMap((member) => [sql.lit(member), sql`s.metadata->${sql.lit(member)}`]),
  ...longMembers.flatMap((member) => [
    sql.lit(member),
    sql`coalesce(s.metadata->${sql.lit(member)}, 'null') not in ('null', '[]', '{}', '""', 'false')`,
  ]),
  sql`'config', jsonb_build_object('capabilities', s.metadata#>'{config,capabilities}', 'language', s.metadata#>'{config,language}',
    'runtime', s.metadata#>'{config,runtime}')`,
])})`

/** Those of these artifacts that have something to show. */
export const sourcesOf = (database: Database, artifactIds: readonly string[]): Promise<DocumentSource[]> =>
  database.sql<DocumentSource>`select a.id as "artifactId", n.id as "namespaceId", n.name as namespace, a.name, a.format, a.type, a.description,
      a.labels, a.rev, a.updated_at as "updatedAt", a.created_at as "createdAt", n.account_id as "accountId", ${publicArtifacts} as "isPublic",
      ${isVerified(sql`v.published_by`)} as verified, a.downloads, a.stars, v.id as "versionId", v.version, v.published_by as "publishedBy",
      v.published_at as "publishedAt", v.manifest_digest as "manifestDigest", v.about
    from artifacts a join namespaces n on n.id = a.namespace_id
      left join lateral (select s.id, s.version, s.published_by, s.published_at, s.manifest_digest, ${about} as about
        from versions s where s.id = ${speakingVersion}) v on true
    where a.id = any(${artifactIds}::uuid[]) and a.state = 'active' and n.state = 'active' and (v.version is not null or ${hasPlainTag})`

/**
 * Whoever indexes one of these artifacts waits: what is read after this is at least as new as what was written before. So does whoever changes who sees
 * them: its trigger takes the lock of the namespace for itself.
 */
export async function holdDocuments(database: Database, artifactIds: readonly string[]): Promise<void> {
  await Promise.all([
    database.sql`select pg_advisory_xact_lock(hashtextextended('search ' || id, 0)) from (
      select id from unnest(${artifactIds}::text[]) as i (id) order by id) ids`,
    database.sql`select pg_advisory_xact_lock_shared(hashtextextended('search namespace ' || id, 0)) from (
      select distinct namespace_id::text as id from artifacts where id = any(${artifactIds}::uuid[]) order by 1) spaces`,
  ])
}

/** In the order of their ids, from behind `after`. */
export async function artifactsAfter(database: Database, after: string | null, limit: number): Promise<string[]> {
  const rows = await database.sql<{ id: string }>`
    select id from artifacts where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit}`
  return rows.map(({ id }) => id)
}

/** Whether that manifest is what the document of its artifact shows, and the document tells another score of it. */
export async function tellsOtherScore(
  database: Database,
  { artifactId, manifestDigest }: ScannedManifest,
  securityScore: number | null,
): Promise<boolean> {
  const rows = await database.sql`select 1 from search_documents d
      join versions v on v.artifact_id = d.artifact_id and v.version = d.version and v.manifest_digest = ${manifestDigest}
    where d.artifact_id = ${artifactId} and d.security_score is distinct from ${securityScore}::integer`
  return rows.length > 0
}
