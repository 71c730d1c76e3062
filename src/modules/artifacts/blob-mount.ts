import { sql } from 'kysely'
import { unlessRefused } from '../../shared/errors/unless.ts'
import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Authorizer, Sight } from '../auth/contract.ts'
import { type BlobPlace, type PlacingParts, placeBlob } from './blob-place.ts'
import { digestOf } from './blob-store.service.ts'
import type { BlobDigest } from './blobs.queries.ts'
import type { RepositoryRef, StoredBlob } from './contract.ts'
import type { Downloads } from './downloads.service.ts'
import { BlobCollected } from './errors.ts'

export interface MountParts extends PlacingParts {
  readonly authorizer: Authorizer
  readonly downloads: Downloads
}

export interface Mount {
  readonly digest: string
  readonly from?: RepositoryRef
}

/** Of each kind: artifacts of the namespace itself, what the caller has rights on, what is public. */
const maxCandidates = 10

/**
 * Links a blob that another artifact has, when the caller may read it there. `undefined` when there is none: whether nobody has it or the caller
 * may not see who does makes no difference (design.md §4). Throws `artifacts.quota_exceeded`.
 */
export async function mountBlob(
  parts: MountParts,
  principal: Principal,
  { place, mount }: { readonly place: BlobPlace; readonly mount: Mount },
): Promise<StoredBlob | undefined> {
  const { digest, from } = mount
  const candidates = from ? [from] : await candidatesOf(parts, principal, { place, digest: digestOf(digest) })
  for (const candidate of candidates) {
    const found = await unlessRefused(() => parts.downloads.blob(principal, candidate, digest))
    if (!found) continue
    const { id, sizeBytes } = found
    if (await isPlaced(parts, place, { id, sizeBytes, storageKey: '' })) return { id, digest, sizeBytes }
  }
  return undefined
}

async function isPlaced(parts: PlacingParts, place: BlobPlace, blob: Parameters<typeof placeBlob>[2]['blob']): Promise<boolean> {
  try {
    await placeBlob(parts, place, { blob, digests: [] })
    return true
  } catch (error) {
    // The link that was found is a memory, and the blob is gone.
    if (error instanceof BlobCollected) return false
    throw error
  }
}

/** Where the caller might read it; `Downloads` has the last word. */
async function candidatesOf(
  { database, authorizer }: MountParts,
  principal: Principal,
  { place, digest }: { readonly place: BlobPlace; readonly digest: BlobDigest },
): Promise<RepositoryRef[]> {
  const blobIds = sql`(select blob_id from blob_digests where algorithm = ${digest.algorithm} and digest = ${digest.hex})`
  return findLinks(database, { blobIds, namespaceId: place.namespace.id, sight: await authorizer.sight(principal) })
}

function findLinks(
  database: Database,
  { blobIds, namespaceId, sight }: { readonly blobIds: ReturnType<typeof sql>; readonly namespaceId: string; readonly sight: Sight },
): Promise<RepositoryRef[]> {
  const { everything, accountIds, artifactIds } = sight
  const links = sql`select n.name as namespace, a.name, a.format from artifact_blobs l
    join artifacts a on a.id = l.artifact_id and a.state = 'active' join namespaces n on n.id = a.namespace_id and n.state = 'active'
    where l.blob_id in ${blobIds}`
  return database.sql<RepositoryRef>`
    (${links} and l.namespace_id = ${namespaceId} limit ${maxCandidates})
    union
    (${links} and (${everything} or n.account_id = any(${[...accountIds]}::uuid[]) or a.id = any(${[...artifactIds]}::uuid[]))
      limit ${maxCandidates})
    union
    (${links} and coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public' limit ${maxCandidates})`
}
