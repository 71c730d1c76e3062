import { createHash } from 'node:crypto'
import type { LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Catalog, Located } from '../metadata/contract.ts'
import { digestOf } from './blob-store.service.ts'
import type { BlobDigest } from './blobs.queries.ts'
import type { Manifests, StoredManifest } from './contract.ts'
import { BlobUnknown, DigestMismatch, ManifestChildUnknown, ManifestInUse, ManifestTooLarge, ManifestUnknown } from './errors.ts'
import { ManifestCache } from './manifest-cache.ts'
import { blobsOf, type ManifestDocument, parseManifest } from './manifest-document.ts'
import {
  deleteManifestLink,
  findLinkedManifest,
  holdLinkedBlobs,
  holdLinkedManifests,
  isChild,
  isInVersion,
  isLeftSince,
  lockManifestLink,
  writeManifest,
} from './manifests.queries.ts'
import { referrerRow } from './referrer-row.ts'

export interface ManifestStoreParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly catalog: Catalog
  readonly maxBytes: number
}

type NewManifest = Parameters<Manifests['put']>[1]

/** What can be known of a manifest without looking at the artifact. */
export interface ReadManifest {
  readonly mediaType: string
  readonly content: Buffer
  readonly digest: BlobDigest
  readonly document: ManifestDocument
  /** What it lists need not be there. */
  readonly sparse?: boolean
  /** Of everything it lists, linked in the same transaction. */
  readonly blobIds?: readonly string[]
}

export const digestText = ({ algorithm, hex }: BlobDigest): string => `${algorithm}:${hex}`

export class ManifestStore implements Manifests {
  readonly #parts: ManifestStoreParts
  readonly #cache: ManifestCache

  constructor(parts: ManifestStoreParts) {
    this.#parts = parts
    this.#cache = new ManifestCache(parts.caches)
  }

  async put(located: Located, manifest: NewManifest): Promise<StoredManifest> {
    const read = this.read(manifest)
    await this.add(located, read)
    return { digest: digestText(read.digest), mediaType: read.mediaType, content: read.content }
  }

  /** Throws `artifacts.manifest_too_large`, `artifacts.manifest_invalid`, `artifacts.digest_mismatch`. */
  read({ content, mediaType, digest }: NewManifest): ReadManifest {
    const { maxBytes } = this.#parts
    if (content.length > maxBytes) throw new ManifestTooLarge(maxBytes)
    return { mediaType, content, digest: verifiedDigest(content, digest), document: parseManifest(content, mediaType) }
  }

  /** Within the surrounding transaction. Whether the artifact did not have it before. */
  async add(
    { artifact }: Located,
    { mediaType, content, digest, document, sparse = false, blobIds: linked }: ReadManifest,
  ): Promise<boolean> {
    const { database, transaction } = this.#parts
    const text = digestText(digest)
    const added = await transaction.run(async () => {
      const blobIds = linked ?? (await this.#blobIds(artifact.id, document, sparse))
      const childIds = await this.#childIds(artifact.id, document, sparse)
      const facts = { artifactType: document.artifactType || null, subject: document.subject?.digest ?? null, sparse }
      const referrer = referrerRow(document, { digest: text, mediaType, size: content.length })
      return writeManifest(database, { artifactId: artifact.id, ...digest, mediaType, content, ...facts, blobIds, childIds, referrer })
    })
    this.#cache.remember(text, content)
    return added
  }

  async get(artifactId: string, digest: string): Promise<StoredManifest | undefined> {
    const wanted = digestOf(digest)
    const found = await this.#cache.get(artifactId, digest, () => findLinkedManifest(this.#parts.database, artifactId, wanted))
    return found && { digest, ...found }
  }

  /**
   * The link is locked first, as `put` does: a publish that is on its way with this manifest is either seen by the catalog or puts the link back.
   */
  async unlink(artifactId: string, digest: string, expiredAt?: string): Promise<void> {
    const { catalog, database, transaction } = this.#parts
    await transaction.run(async () => {
      const link = await lockManifestLink(database, artifactId, digestOf(digest))
      if (!link || (await catalog.manifestInUse(artifactId, digest)) || (await isChild(database, artifactId, link.id))) return
      if (expiredAt !== undefined && !(await isLeftSince(database, artifactId, { id: link.id, expiredAt }))) return
      await deleteManifestLink(database, artifactId, link.id)
      this.#cache.unlinked(artifactId, digest)
    })
  }

  /** With what refers to it, which `release` takes away under the lock of the link. Throws `artifacts.manifest_unknown`, `artifacts.manifest_in_use`. */
  async remove(
    artifactId: string,
    digest: string,
    release: (manifest: { readonly subject: string | null }) => Promise<void>,
  ): Promise<void> {
    const { database, transaction } = this.#parts
    await transaction.run(async () => {
      const link = await lockManifestLink(database, artifactId, digestOf(digest))
      if (!link) throw new ManifestUnknown(digest)
      if (await isInVersion(database, artifactId, link.id)) throw new ManifestInUse()
      await release(link)
      await deleteManifestLink(database, artifactId, link.id)
      this.#cache.unlinked(artifactId, digest)
    })
  }

  async #blobIds(artifactId: string, document: ManifestDocument, sparse: boolean): Promise<string[]> {
    const { required, optional } = blobsOf(document)
    const linked = await holdLinkedBlobs(this.#parts.database, artifactId, [...required, ...optional].map(digestOf))
    const missing = sparse ? undefined : required.find((digest) => !linked.has(digest))
    if (missing !== undefined) throw new BlobUnknown(missing)
    return [...new Set(linked.values())]
  }

  async #childIds(artifactId: string, { manifests = [] }: ManifestDocument, sparse: boolean): Promise<string[]> {
    const wanted = manifests.map(({ digest }) => digest)
    const linked = await holdLinkedManifests(this.#parts.database, artifactId, wanted.map(digestOf))
    const missing = sparse ? undefined : wanted.find((digest) => !linked.has(digest))
    if (missing !== undefined) throw new ManifestChildUnknown(missing)
    return [...linked.values()]
  }
}

function verifiedDigest(content: Buffer, claimed: string | undefined): BlobDigest {
  const wanted = claimed === undefined ? undefined : digestOf(claimed)
  const algorithm = wanted?.algorithm ?? 'sha256'
  const hex = createHash(algorithm).update(content).digest('hex')
  if (wanted && wanted.hex !== hex) throw new DigestMismatch(claimed ?? '', `${algorithm}:${hex}`)
  return { algorithm, hex }
}
