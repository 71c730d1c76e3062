import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { Sight } from '../auth/contract.ts'
import { seenArtifacts } from '../metadata/sight.contract.ts'

export interface NamedManifest {
  readonly manifestDigest: string
  /** Only publishers know of it. */
  readonly pending: boolean
}

/** The manifest of a version that is not deleted, or of a tag; also of a quarantined version, whose scan says why it is. */
export async function manifestNamed(database: Database, artifactId: string, reference: string): Promise<NamedManifest | undefined> {
  const [row] = await database.sql<NamedManifest>`
    select v.manifest_digest as "manifestDigest", v.state = 'pending' as pending from versions v
    where v.artifact_id = ${artifactId} and v.version = ${reference} and v.state <> 'deleted'
    union all
    select t.manifest_digest, coalesce(v.state = 'pending', false) from tags t left join versions v on v.id = t.version_id
    where t.artifact_id = ${artifactId} and t.name = ${reference} and coalesce(v.state, '') <> 'deleted'
    limit 1`
  return row
}

const visible = (sight: Sight) => sql`a.state = 'active' and n.state = 'active' and ${seenArtifacts(sight)}`

/** Names under which readers find the manifest `v`. */
const readable = sql`w.artifact_id = v.artifact_id and w.manifest_digest = v.manifest_digest and w.state in ('published', 'deprecated', 'yanked')`
const tagged = sql`t.artifact_id = v.artifact_id and t.manifest_digest = v.manifest_digest
  and coalesce(w.state, 'published') in ('published', 'deprecated', 'yanked')`
const hasNames = sql`(exists (select from versions w where ${readable})
  or exists (select from tags t left join versions w on w.id = t.version_id where ${tagged}))`
const versionsOf = sql`array(select w.version from versions w where ${readable} order by w.sort_key limit 100)`
const tagsOf = sql`array(select t.name from tags t left join versions w on w.id = t.version_id where ${tagged} order by t.name limit 100)`

export interface AffectedRow {
  readonly artifactId: string
  readonly purl: string
  readonly vulnerability: string
  readonly namespace: string
  readonly name: string
  readonly format: string
  readonly manifestDigest: string
  readonly versions: readonly string[]
  readonly tags: readonly string[]
  readonly package: string
  readonly version: string
  readonly fixedVersion: string | null
  readonly status: string
}

interface AffectedQuery {
  readonly names: readonly string[]
  readonly sight: Sight
  readonly after: readonly unknown[] | undefined
  readonly limit: number
}

/** By the names of an advisory, in the order of artifact, manifest and package. */
export const affectedBy = (database: Database, { names, sight, after, limit }: AffectedQuery): Promise<AffectedRow[]> => {
  const behind = after
    ? sql`and (v.artifact_id, v.manifest_digest, v.vulnerability, v.purl) > (${after[0]}::uuid, ${after[1]}::text, ${after[2]}::text, ${after[3]}::text)`
    : sql``
  return database.sql<AffectedRow>`
    select v.artifact_id as "artifactId", v.vulnerability, v.purl, v.namespace, v.name, v.format, v.manifest_digest as "manifestDigest",
      ${versionsOf} as versions, ${tagsOf} as tags, v.package, v.version, v.fixed_version as "fixedVersion", v.status
    from (
      select v.artifact_id, v.manifest_digest, v.vulnerability, v.purl, v.package, v.version, v.fixed_version, v.status,
        n.name as namespace, a.name, a.format
      from scan_vulnerabilities v join artifacts a on a.id = v.artifact_id join namespaces n on n.id = a.namespace_id
      where v.ids && ${names}::text[] and ${visible(sight)} and ${hasNames} ${behind}
      order by v.artifact_id, v.manifest_digest, v.vulnerability, v.purl limit ${limit}
    ) v
    order by v.artifact_id, v.manifest_digest, v.vulnerability, v.purl`
}

/** All names of what is known under one of them. `isPublic`: from an advisory; what other scanners call it is known only of what somebody has. */
export async function namesOfAdvisory(database: Database, id: string): Promise<{ readonly names: string[]; readonly isPublic: boolean }> {
  const rows = await database.sql<{ name: string; isPublic: boolean }>`
    select name, bool_or(imported) as "isPublic" from (
      select unnest(array_append(aliases, id)) as name, true as imported from advisories where id = ${id} or aliases @> array[${id}::text]
      union all
      select unnest(ids), false from scan_vulnerabilities where ids @> array[${id}::text]
    ) known group by name limit 1000`
  return { names: rows.map(({ name }) => name), isPublic: rows.some((row) => row.isPublic) }
}
