import { createHash } from 'node:crypto'
import { isDomainError } from '../../../shared/errors/domain-error.ts'
import { digestOf } from '../blob-store.service.ts'
import { type BlobDigest, digestIn } from '../blobs.queries.ts'
import { blobsOf, type ManifestDocument, parseManifest } from '../manifest-document.ts'
import type { Finding, FsckParts } from './finding.ts'

interface CheckedManifest extends BlobDigest {
  readonly id: string
  readonly mediaType: string
  readonly content: Buffer
  readonly sparse: boolean
}

export interface ManifestTotals {
  manifests: number
}

const pageSize = 100

/** Every manifest against its digest, and what it lists against rows and edges. */
export async function* checkManifests(parts: FsckParts, totals: ManifestTotals): AsyncGenerator<Finding> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await parts.database.sql<CheckedManifest>`
      select id, algorithm, digest as hex, media_type as "mediaType", content, sparse from manifests where id > ${after} order by id limit ${pageSize}`
    for (const manifest of page) {
      totals.manifests += 1
      const found = await checkOne(parts, manifest)
      if (found.length > 0 && (await isStillThere(parts, manifest.id))) yield* found
    }
    const last = page.at(-1)
    if (!last) return
    after = last.id
  }
}

async function isStillThere({ database }: FsckParts, id: string): Promise<boolean> {
  return (await database.sql`select 1 from manifests where id = ${id}`).length > 0
}

async function checkOne(parts: FsckParts, { id, algorithm, hex, mediaType, content, sparse }: CheckedManifest): Promise<Finding[]> {
  const subject = `manifest ${algorithm}:${hex}`
  const computed = createHash(algorithm).update(content).digest('hex')
  if (computed !== hex) return [{ kind: 'manifest-bytes', subject, detail: `its bytes are ${algorithm}:${computed}` }]
  const document = parse(content, mediaType)
  if (!document) return [{ kind: 'manifest-invalid', subject, detail: 'it is no manifest' }]
  // Of a copy from another registry, whatever nobody asked for is not here.
  if (sparse) return []
  return [...(await checkBlobs(parts, { id, subject }, document)), ...(await checkChildren(parts, { id, subject }, document))]
}

function parse(content: Buffer, mediaType: string): ManifestDocument | undefined {
  try {
    return parseManifest(content, mediaType)
  } catch (error) {
    if (isDomainError(error)) return undefined
    throw error
  }
}

interface Target {
  readonly id: string
  readonly subject: string
}

interface Listed extends BlobDigest {
  readonly id: string
  readonly edge: boolean
}

async function checkBlobs({ database }: FsckParts, { id, subject }: Target, document: ManifestDocument): Promise<Finding[]> {
  const wanted = blobsOf(document).required.map(digestOf)
  if (wanted.length === 0) return []
  const rows = await database.sql<Listed>`
    select d.algorithm, d.digest as hex, d.blob_id as id,
      exists (select 1 from manifest_blobs e where e.manifest_id = ${id} and e.blob_id = d.blob_id) as edge
    from blob_digests d where ${digestIn(wanted)}`
  return compare(wanted, rows, {
    unknown: (digest) => ({ kind: 'manifest-blob-unknown', subject, detail: `it lists the blob ${digest}, which has no row` }),
    unconnected: (digest, blobId) => ({
      kind: 'manifest-edge-missing',
      subject,
      detail: `the edge to the blob ${digest} is missing, so the blob could be collected`,
      repair: () => database.sql`insert into manifest_blobs (manifest_id, blob_id) values (${id}, ${blobId}) on conflict do nothing`,
    }),
  })
}

async function checkChildren({ database }: FsckParts, { id, subject }: Target, document: ManifestDocument): Promise<Finding[]> {
  const wanted = (document.manifests ?? []).map(({ digest }) => digestOf(digest))
  if (wanted.length === 0) return []
  const rows = await database.sql<Listed>`
    select d.algorithm, d.digest as hex, d.id,
      exists (select 1 from manifest_children e where e.manifest_id = ${id} and e.child_id = d.id) as edge
    from manifests d where ${digestIn(wanted)}`
  return compare(wanted, rows, {
    unknown: (digest) => ({ kind: 'manifest-child-unknown', subject, detail: `it lists the manifest ${digest}, which has no row` }),
    unconnected: (digest, childId) => ({
      kind: 'manifest-edge-missing',
      subject,
      detail: `the edge to the manifest ${digest} is missing, so that one could be collected`,
      repair: () => database.sql`insert into manifest_children (manifest_id, child_id) values (${id}, ${childId}) on conflict do nothing`,
    }),
  })
}

interface Verdicts {
  readonly unknown: (digest: string) => Finding
  readonly unconnected: (digest: string, id: string) => Finding
}

function compare(wanted: readonly BlobDigest[], rows: readonly Listed[], { unknown, unconnected }: Verdicts): Finding[] {
  const known = new Map(rows.map((row) => [`${row.algorithm}:${row.hex}`, row]))
  const digests = new Set(wanted.map(({ algorithm, hex }) => `${algorithm}:${hex}`))
  return [...digests].flatMap((digest) => {
    const row = known.get(digest)
    if (!row) return [unknown(digest)]
    return row.edge ? [] : [unconnected(digest, row.id)]
  })
}
