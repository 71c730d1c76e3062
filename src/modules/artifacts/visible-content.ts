import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { BlobDigest } from './blobs.queries.ts'

export type VersionContent = { readonly kind: 'blob'; readonly id: string } | { readonly kind: 'manifest'; readonly digest: BlobDigest }

const seen = sql`('published', 'deprecated', 'yanked')`
const hidden = sql`('deleted', 'quarantined', 'pending')`

/** Whether readers of the artifact may have it: a version that resolves for them contains it, or no version that does not. */
export async function isVisible(database: Database, artifactId: string, content: VersionContent): Promise<boolean> {
  const [row] = await database.sql<{ visible: boolean }>`
    select case when ${containedIn(artifactId, hidden, content)} then ${containedIn(artifactId, seen, content)} else true end as visible`
  return row?.visible ?? false
}

/** From the versions down, because one blob can be in the manifests of any number of artifacts. */
const containedIn = (artifactId: string, states: typeof seen, content: VersionContent) => sql`exists (
  with recursive reached (id) as (
    select m.id from versions v
    join manifests m on m.algorithm = split_part(v.manifest_digest, ':', 1) and m.digest = split_part(v.manifest_digest, ':', 2)
    where v.artifact_id = ${artifactId} and v.state in ${states}
    union select c.child_id from reached r join manifest_children c on c.manifest_id = r.id)
  ${
    content.kind === 'blob'
      ? sql`select 1 from reached r join manifest_blobs b on b.manifest_id = r.id where b.blob_id = ${content.id}`
      : sql`select 1 from reached r join manifests m on m.id = r.id where m.algorithm = ${content.digest.algorithm} and m.digest = ${content.digest.hex}`
  })`
