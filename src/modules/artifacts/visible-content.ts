import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { BlobDigest } from './blobs.queries.ts'

export type VersionContent = { readonly kind: 'blob'; readonly id: string } | { readonly kind: 'manifest'; readonly digest: BlobDigest }

/** Digests of manifests, by what readers get. */
const seen = (artifactId: string) => sql`select manifest_digest from versions
  where artifact_id = ${artifactId} and state in ('published', 'deprecated', 'yanked')`
const hidden = (artifactId: string) => sql`select manifest_digest from versions
    where artifact_id = ${artifactId} and state in ('deleted', 'quarantined', 'pending')
  union select manifest_digest from held_publications where artifact_id = ${artifactId}
  union select manifest_digest from quarantines where artifact_id = ${artifactId}`

/** Whether readers of the artifact may have it: a version or a tag that resolves for them contains it, or no version that does not. */
export async function isVisible(database: Database, artifactId: string, content: VersionContent): Promise<boolean> {
  const [row] = await database.sql<{ visible: boolean }>`
    select case when ${containedIn(hidden(artifactId), content)} then ${containedIn(seen(artifactId), content)} or ${tagged(artifactId, content)} else true end as visible`
  return row?.visible ?? false
}

/** From what has a name, or wants one, down, because one blob can be in the manifests of any number of artifacts. */
const containedIn = (digests: ReturnType<typeof seen>, content: VersionContent) => sql`exists (
  with recursive reached (id) as (
    select m.id from (${digests}) v
    join manifests m on m.algorithm = split_part(v.manifest_digest, ':', 1) and m.digest = split_part(v.manifest_digest, ':', 2)
    union select c.child_id from reached r join manifest_children c on c.manifest_id = r.id)
  ${
    content.kind === 'blob'
      ? sql`select 1 from reached r join manifest_blobs b on b.manifest_id = r.id where b.blob_id = ${content.id}`
      : sql`select 1 from reached r join manifests m on m.id = r.id where m.algorithm = ${content.digest.algorithm} and m.digest = ${content.digest.hex}`
  })`

/** From the content up, because an artifact can have any number of tags. One that names what is held back shows nothing. */
const tagged = (artifactId: string, content: VersionContent) => sql`exists (
  with recursive holder (id) as (
    ${
      content.kind === 'blob'
        ? sql`select b.manifest_id from manifest_blobs b
          join artifact_manifests l on l.manifest_id = b.manifest_id and l.artifact_id = ${artifactId} where b.blob_id = ${content.id}`
        : sql`select id from manifests where algorithm = ${content.digest.algorithm} and digest = ${content.digest.hex}`
    }
    union select c.manifest_id from holder h join manifest_children c on c.child_id = h.id
      join artifact_manifests l on l.manifest_id = c.manifest_id and l.artifact_id = ${artifactId})
  select 1 from holder h join manifests m on m.id = h.id
  join tags t on t.artifact_id = ${artifactId} and t.manifest_digest = m.algorithm || ':' || m.digest and t.version_id is null
  where not exists (select 1 from versions v where v.artifact_id = ${artifactId} and v.manifest_digest = t.manifest_digest
      and v.state = 'quarantined')
    and not exists (select 1 from quarantines q where q.artifact_id = ${artifactId} and q.manifest_digest = t.manifest_digest))`
