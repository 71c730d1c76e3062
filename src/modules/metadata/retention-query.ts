import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { RetentionRules } from './contract.ts'

export interface ExpiredRow {
  readonly artifactId: string
  readonly artifact: string
  readonly name: string
  readonly version: null
  readonly manifestDigest: string
  readonly updatedAt: string
}

interface Selection {
  readonly rules: RetentionRules
  readonly limit: number
  /** Artifact and tag; exclusive. */
  readonly after?: readonly [string, string]
  /** Nothing but these tags of this artifact. */
  readonly only?: { readonly artifactId: string; readonly tags: readonly string[] }
}

/** Whether the rules let anything go at all. */
export const hasRules = ({ keepLast, keepNewerThanDays, keepMatching = [] }: RetentionRules): boolean =>
  keepLast !== undefined || keepNewerThanDays !== undefined || keepMatching.length > 0

/** The alphabet of patterns has no other character that LIKE or its escape knows. */
const likePattern = (glob: string): string => glob.replaceAll('_', '\\_').replaceAll('*', '%')

/**
 * Plain tags of OCI artifacts that no rule keeps, by artifact and tag. Tags made from digests are left out: signatures belong to their manifest,
 * and would go although it stays.
 */
export function expiredTags(database: Database, namespaceId: string, { rules, limit, after, only }: Selection): Promise<ExpiredRow[]> {
  const { keepLast = null, keepNewerThanDays = null, keepMatching = [] } = rules
  const [artifact, tag] = after ?? ['', '']
  const onlyArtifact = only ? sql`and a.id = ${only.artifactId}` : sql``
  const onlyTags = only ? sql`and t.name = any(${only.tags}::text[])` : sql``
  return database.sql<ExpiredRow>`select a.id as "artifactId", a.name as artifact, t.name, null as version,
      t.manifest_digest as "manifestDigest", t.updated_at as "updatedAt"
    from artifacts a cross join lateral (
      select t.name, t.manifest_digest, t.updated_at, row_number() over (order by t.updated_at desc, t.name desc) as place
      from tags t where t.artifact_id = a.id and t.version_id is null and t.name !~ '^sha(256|512)-[0-9a-f]{64}(\\.[a-z]+)?$') t
    where a.namespace_id = ${namespaceId} and a.format = 'oci' and a.state = 'active' ${onlyArtifact} ${onlyTags}
      and a.name >= ${artifact} and (a.name, t.name) > (${artifact}, ${tag})
      and (${keepLast}::bigint is null or t.place > ${keepLast})
      and (${keepNewerThanDays}::integer is null or t.updated_at < now() - make_interval(days => ${keepNewerThanDays}::integer))
      and not t.name like any(${keepMatching.map(likePattern)}::text[])
    order by a.name, t.name limit ${limit}`
}
