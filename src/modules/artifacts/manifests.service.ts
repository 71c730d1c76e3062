import { createHash } from 'node:crypto'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Catalog, Located } from '../metadata/contract.ts'
import { digestOf } from './blob-store.service.ts'
import { type BlobDigest, digestIn } from './blobs.queries.ts'
import type { Manifests, StoredManifest } from './contract.ts'
import { BlobUnknown, DigestMismatch, ManifestTooLarge, ManifestUnknown } from './errors.ts'
import { type ManifestDocument, parseManifest } from './manifest-document.ts'

export interface ManifestStoreParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly catalog: Catalog
  readonly maxBytes: number
}

interface ManifestRow {
  readonly mediaType: string
  readonly content: Buffer
}

/** Without its content when that is too large to be kept in memory. */
interface CachedManifest {
  readonly mediaType: string
  readonly content?: Buffer
}
const maxCachedBytes = 16_384

export class ManifestStore implements Manifests {
  readonly #parts: ManifestStoreParts
  readonly #linked: LocalCache<CachedManifest>

  constructor(parts: ManifestStoreParts) {
    this.#parts = parts
    this.#linked = parts.caches.create<CachedManifest>({ name: 'artifacts.linked-manifests', maxEntries: 4_000, ttlMs: 30_000 })
  }

  async put(
    located: Located,
    manifest: { readonly mediaType: string; readonly content: Buffer; readonly digest?: string },
  ): Promise<StoredManifest> {
    const { maxBytes, transaction } = this.#parts
    const { content, mediaType } = manifest
    if (content.length > maxBytes) throw new ManifestTooLarge(maxBytes)
    const digest = verifiedDigest(content, manifest.digest)
    const document = parseManifest(content, mediaType)
    await transaction.run(async () => {
      const blobs = await this.#linkedBlobs(located.artifact.id, document)
      const children = await this.#linkedChildren(located.artifact.id, document)
      const id = await this.#insert(digest, { mediaType, content, document })
      await this.#insertEdges(id, { artifactId: located.artifact.id, blobs, children })
    })
    return { digest: `${digest.algorithm}:${digest.hex}`, mediaType, content }
  }

  async get(artifactId: string, digest: string): Promise<StoredManifest | undefined> {
    const wanted = digestOf(digest)
    const cached = await this.#linked.get(`${artifactId}/${digest}`, async () => {
      const row = await this.#find(artifactId, wanted)
      return row && (row.content.length <= maxCachedBytes ? row : { mediaType: row.mediaType })
    })
    const { content } = cached ?? {}
    const row = cached && content ? { ...cached, content } : cached && (await this.#find(artifactId, wanted))
    return row && { digest, ...row }
  }

  /**
   * The link is locked first, as `put` does: a publish that is on its way with this manifest is either seen by the catalog or puts the link back.
   */
  async unlink(artifactId: string, digest: string): Promise<void> {
    const { catalog, database, transaction } = this.#parts
    const { algorithm, hex } = digestOf(digest)
    await transaction.run(async () => {
      const [link] = await database.sql<{ id: string }>`
        select l.manifest_id as id from artifact_manifests l join manifests m on m.id = l.manifest_id
        where l.artifact_id = ${artifactId} and m.algorithm = ${algorithm} and m.digest = ${hex} for update of l`
      if (!link || (await catalog.manifestInUse(artifactId, digest))) return
      await database.sql`delete from artifact_manifests where artifact_id = ${artifactId} and manifest_id = ${link.id}`
      this.#linked.invalidate(`${artifactId}/${digest}`)
    })
  }

  async #find(artifactId: string, { algorithm, hex }: BlobDigest): Promise<ManifestRow | undefined> {
    const [row] = await this.#parts.database.sql<ManifestRow>`
      select m.media_type as "mediaType", m.content from manifests m
      join artifact_manifests l on l.manifest_id = m.id and l.artifact_id = ${artifactId}
      where m.algorithm = ${algorithm} and m.digest = ${hex}`
    return row
  }

  async #linkedBlobs(artifactId: string, document: ManifestDocument): Promise<string[]> {
    const wanted = [...(document.config ? [document.config] : []), ...(document.layers ?? [])].map(({ digest }) => digest)
    if (wanted.length === 0) return []
    const rows = await this.#parts.database.sql<BlobDigest & { id: string }>`
      select d.algorithm, d.digest as hex, d.blob_id as id from blob_digests d
      join artifact_blobs l on l.blob_id = d.blob_id and l.artifact_id = ${artifactId}
      where ${digestIn(wanted.map(digestOf))} for key share of l`
    return idsOf(wanted, rows, (digest) => new BlobUnknown(digest))
  }

  async #linkedChildren(artifactId: string, document: ManifestDocument): Promise<string[]> {
    const wanted = (document.manifests ?? []).map(({ digest }) => digest)
    if (wanted.length === 0) return []
    const rows = await this.#parts.database.sql<BlobDigest & { id: string }>`
      select d.algorithm, d.digest as hex, d.id from manifests d
      join artifact_manifests l on l.manifest_id = d.id and l.artifact_id = ${artifactId}
      where ${digestIn(wanted.map(digestOf))} for key share of l`
    return idsOf(wanted, rows, (digest) => new ManifestUnknown(digest))
  }

  async #insert({ algorithm, hex }: BlobDigest, row: ManifestRow & { readonly document: ManifestDocument }): Promise<string> {
    const { document, mediaType, content } = row
    const [stored] = await this.#parts.database.sql<{ id: string }>`
      insert into manifests (id, algorithm, digest, media_type, artifact_type, subject, content)
      values (${uuidv7()}, ${algorithm}, ${hex}, ${mediaType}, ${document.artifactType ?? null}, ${document.subject?.digest ?? null}, ${content})
      on conflict (algorithm, digest) do update set touched_at = now()
      returning id`
    if (!stored) throw new Error('the manifest row was neither inserted nor found')
    return stored.id
  }

  async #insertEdges(
    manifestId: string,
    edges: { artifactId: string; blobs: readonly string[]; children: readonly string[] },
  ): Promise<void> {
    const { database } = this.#parts
    if (edges.blobs.length > 0)
      await database.sql`insert into manifest_blobs (manifest_id, blob_id)
        select ${manifestId}::uuid, unnest(${[...edges.blobs]}::uuid[]) on conflict do nothing`
    if (edges.children.length > 0)
      await database.sql`insert into manifest_children (manifest_id, child_id)
        select ${manifestId}::uuid, unnest(${[...edges.children]}::uuid[]) on conflict do nothing`
    // An update, because it locks a link that is already there against `unlink`.
    await database.sql`insert into artifact_manifests (artifact_id, manifest_id) values (${edges.artifactId}, ${manifestId})
      on conflict (artifact_id, manifest_id) do update set touched_at = now()`
  }
}

function idsOf(wanted: readonly string[], rows: readonly (BlobDigest & { id: string })[], unknown: (digest: string) => Error): string[] {
  const ids = new Map(rows.map(({ algorithm, hex, id }) => [`${algorithm}:${hex}`, id]))
  const found = wanted.map((digest) => {
    const id = ids.get(digest)
    if (id === undefined) throw unknown(digest)
    return id
  })
  return [...new Set(found)]
}

function verifiedDigest(content: Buffer, claimed: string | undefined): BlobDigest {
  const wanted = claimed === undefined ? undefined : digestOf(claimed)
  const algorithm = wanted?.algorithm ?? 'sha256'
  const hex = createHash(algorithm).update(content).digest('hex')
  if (wanted && wanted.hex !== hex) throw new DigestMismatch(claimed ?? '', `${algorithm}:${hex}`)
  return { algorithm, hex }
}
