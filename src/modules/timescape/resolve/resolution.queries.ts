import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Artifact } from '../../metadata/contract.ts'
import type { VersionRange } from '../transform/range.ts'

const resolving = sql`v.state in ('published', 'deprecated')`

interface When {
  /** Null: now. */
  readonly asOf: string | null
}
const until = ({ asOf }: When) => sql`(${asOf}::timestamptz is null or v.published_at <= ${asOf}::timestamptz)`

const pageSize = 500
const maxPages = 20

interface Highest {
  readonly version: string
  /** A tag of an image that reads as a version and is none. */
  readonly isTag: boolean
}

interface Candidate extends Highest {
  readonly id: string
  readonly sortKey: string
  readonly prerelease: boolean
}

/** Versions, and of images the tags that the graph has nodes for; tags that were there then may be superseded by now. */
function candidates({ id, format }: Pick<Artifact, 'id' | 'format'>, when: When) {
  const versions = sql`select v.id, v.version, v.sort_key, v.prerelease, false as is_tag from versions v
    where v.artifact_id = ${id} and ${resolving} and ${until(when)} and v.sort_key <> ''`
  if (format !== 'oci') return versions
  return sql`${versions} union all select v.id, v.version, v.sort_key, v.prerelease, true from timescape_nodes v
    where v.artifact_id = ${id} and v.version_id is null and v.sort_key <> '' and ${until(when)}
      and v.state = any(${when.asOf === null ? ['live'] : ['live', 'superseded']}::text[])`
}

/** The highest version of the range; releases before pre-releases, as npm has it. */
export async function highestOf(
  database: Database,
  artifact: Pick<Artifact, 'id' | 'format'>,
  { range, ...when }: When & { readonly range: VersionRange },
): Promise<Highest | undefined> {
  let best: Highest | undefined
  let after = { sortKey: '~', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }
  for (let page = 0; page < maxPages; page += 1) {
    const rows: Candidate[] = await database.sql`select c.id, c.version, c.sort_key as "sortKey", c.prerelease, c.is_tag as "isTag"
      from (${candidates(artifact, when)}) c where (c.sort_key, c.id) < (${after.sortKey}::text collate "C", ${after.id}::uuid)
      order by c.sort_key desc, c.id desc limit ${pageSize}`
    for (const { version, isTag, prerelease } of rows) {
      if (!range.has(version)) continue
      if (!prerelease) return { version, isTag }
      best ??= { version, isTag }
    }
    const last = rows.at(-1)
    if (!last || rows.length < pageSize) break
    after = last
  }
  return best
}

export interface TagTarget {
  readonly version: string | null
  readonly digest: string | null
}

/** Where a tag pointed at an instant; `undefined` when it was not there yet. */
export async function tagAsOf(database: Database, artifactId: string, { tag, asOf }: { readonly tag: string; readonly asOf: string }) {
  const [row] = await database.sql<TagTarget>`select to_version as version, to_digest as digest from tag_history
    where artifact_id = ${artifactId} and tag = ${tag} and changed_at <= ${asOf}::timestamptz order by changed_at desc, id desc limit 1`
  return row
}

/** The highest release, else the highest version, of those published by then. */
export async function highestAsOf(database: Database, artifactId: string, when: When): Promise<string | undefined> {
  for (const which of [sql`not v.prerelease`, sql`true`]) {
    const [row] = await database.sql<{ version: string }>`select v.version from versions v
      where v.artifact_id = ${artifactId} and ${resolving} and ${which} and ${until(when)} order by v.sort_key desc, v.version desc limit 1`
    if (row) return row.version
  }
  return undefined
}

/** The node of the graph that was the last one at an instant; of a tag, the manifest it pointed to then. */
export async function newestAsOf(
  database: Database,
  artifactId: string,
  asOf: string,
): Promise<{ version: string; digest: string; versionId: string | null } | undefined> {
  const [row] = await database.sql<{ version: string; digest: string; versionId: string | null }>`
    select n.version, coalesce(t.digest, n.manifest_digest) as digest, n.version_id as "versionId" from timescape_nodes n
      left join versions v on v.id = n.version_id
      left join lateral (select h.to_digest as digest from tag_history h
        where n.version_id is null and h.artifact_id = n.artifact_id and h.tag = n.version and h.changed_at <= ${asOf}::timestamptz
        order by h.changed_at desc, h.id desc limit 1) t on true
    where n.artifact_id = ${artifactId} and n.published_at <= ${asOf}::timestamptz and n.state <> 'deleted' and (v.id is null or ${resolving})
      and (n.version_id is not null or t.digest is not null)
    order by n.published_at desc, n.id desc limit 1`
  return row
}
