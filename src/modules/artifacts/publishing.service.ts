import { Readable } from 'node:stream'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Catalog, Located, PublishTarget, Version } from '../metadata/contract.ts'
import { type BlobStore, digestOf } from './blob-store.service.ts'
import { linkedSizes } from './blobs.queries.ts'
import { ArtifactUploaded, type Layer, type PublishedVersion, type Publishing, type StoredBlob, type StoredPublish } from './contract.ts'
import { BlobCollected, BlobUnknown, SizeMismatch } from './errors.ts'
import {
  artifactManifest,
  type Descriptor,
  emptyContent,
  emptyDescriptor,
  imageManifestType,
  titleAnnotation,
} from './manifest-document.ts'
import { digestText, type ManifestStore } from './manifests.service.ts'
import type { Quotas } from './quota.service.ts'
import { withRetries } from './sql-state.ts'
import { takeKept } from './upload-links.ts'

export interface PublisherParts {
  readonly database: Database
  readonly catalog: Catalog
  readonly blobs: BlobStore
  readonly manifests: ManifestStore
  readonly quotas: Quotas
  readonly transaction: Transaction
  readonly events: Events
}

interface WrittenContent extends Pick<StoredPublish, 'version' | 'metadata' | 'bare' | 'artifactType' | 'keepsLatest' | 'within'> {
  readonly layers: readonly Descriptor[]
  readonly tags?: StoredPublish['tags']
  readonly signature?: string
  /** Of the layers and the config, when they were linked just now. */
  readonly blobIds?: readonly string[]
}

type BlobPublish = Parameters<Publishing['publishBlob']>[2]
type ManifestPublish = Parameters<Publishing['publishManifest']>[2]

export class Publisher implements Publishing {
  readonly #parts: PublisherParts
  #empty: StoredBlob | undefined

  constructor(parts: PublisherParts) {
    this.#parts = parts
  }

  async publishBlob(principal: Principal, target: PublishTarget, content: BlobPublish): Promise<PublishedVersion> {
    const { catalog, blobs, quotas } = this.#parts
    const namespace = await catalog.checkPublish(principal, target, content.version)
    const { body, digest, sizeBytes } = content
    await quotas.expect(namespace, { sizeBytes, digest: digest === undefined ? undefined : digestOf(digest) })
    const expected = { ...(digest !== undefined && { digest }), ...(sizeBytes !== undefined && { sizeBytes }) }
    const blob = await blobs.store(body, { ...expected, committedLater: true })
    const layers = [{ mediaType: 'application/octet-stream', digest: blob.digest, size: blob.sizeBytes }]
    return this.#commit(async (empty) => {
      const located = await catalog.openForVersion(principal, target)
      await blobs.link(located, [blob, empty])
      return this.#publish(located, { ...content, layers })
    })
  }

  async publishManifest(principal: Principal, target: PublishTarget, content: ManifestPublish): Promise<PublishedVersion> {
    const { catalog, blobs } = this.#parts
    await catalog.checkPublish(principal, target, content.version)
    return this.#commit(async (empty) => {
      const located = await catalog.openForVersion(principal, target)
      const kept = await this.#takeUploads(located, content.layers)
      await blobs.link(located, [...kept, empty])
      return this.#publish(located, { ...content, layers: await this.#describe(located, content.layers) })
    })
  }

  async publishStored(principal: Principal, versions: readonly StoredPublish[]): Promise<readonly PublishedVersion[]> {
    const { blobs, catalog } = this.#parts
    // In one order everywhere, or two of them could wait for each other.
    const inOrder = versions.map((entry, index) => ({ entry, index })).sort((left, right) => compareTargets(left.entry, right.entry))
    const published = await this.#commit(async (empty) => {
      const done: PublishedVersion[] = []
      for (const { entry, index } of inOrder) {
        const located = await catalog.openForVersion(principal, entry.target)
        const linked = [...entry.layers, empty]
        const blobIds = [...new Set(linked.map(({ id }) => id))]
        // Sent together, in this order: the link says best what is wrong with a blob.
        const linking = blobs.link(located, linked)
        // With a quota it asks first.
        if (located.namespace.settings.quotaBytes !== undefined) await linking
        const publishing = this.#publish(located, { ...entry, layers: entry.layers.map(describeLayer), blobIds })
        const [, version] = await Promise.all([linking, publishing])
        done[index] = version
      }
      return done
    })
    return published
  }

  /** The bytes are stored already, so what lost against another transaction runs again. */
  async #commit<T>(work: (empty: StoredBlob) => Promise<T>): Promise<T> {
    const empty = await this.#emptyBlob()
    try {
      return await withRetries(this.#parts.transaction, () => work(empty))
    } catch (error) {
      if (error instanceof BlobCollected) this.#empty = undefined
      throw error
    }
  }

  async #takeUploads({ artifact, namespace, caller }: Located, layers: readonly Layer[]): Promise<StoredBlob[]> {
    if (caller?.userId === undefined) return []
    const place = { namespaceId: namespace.id, name: artifact.name, userId: caller.userId }
    return takeKept(
      this.#parts.database,
      place,
      layers.map(({ digest }) => digestOf(digest)),
    )
  }

  async #describe({ artifact }: Located, layers: readonly Layer[]): Promise<Descriptor[]> {
    const sizes = await linkedSizes(
      this.#parts.database,
      artifact.id,
      layers.map(({ digest }) => digestOf(digest)),
    )
    return layers.map(({ digest, mediaType, title, size: expected }) => {
      const size = sizes.get(digest)
      if (size === undefined) throw new BlobUnknown(digest)
      if (expected !== undefined && expected !== size) throw new SizeMismatch(expected, size)
      return describeLayer({ digest, mediaType, sizeBytes: size, ...(title !== undefined && { title }) })
    })
  }

  async #publish(located: Located, content: WrittenContent): Promise<PublishedVersion> {
    const { catalog, manifests, events } = this.#parts
    const { version, metadata, bare, layers, artifactType, tags = [], keepsLatest, within, blobIds, signature } = content
    const document = artifactManifest({ type: located.artifact.type, version, metadata, layers, ...(artifactType && { artifactType }) })
    const read = manifests.read({ mediaType: imageManifestType, content: document })
    const manifestDigest = digestText(read.digest)
    const sizeBytes = layers.reduce((sum, { size }) => sum + size, 0)
    const written = manifests.add(located, { ...read, ...(blobIds && { blobIds }) })
    const [, added] = await Promise.all([
      written,
      catalog.addVersion(located, {
        ...{ version, manifestDigest, sizeBytes, metadata, tags, written },
        ...(signature !== undefined && { proof: { signature, blobDigests: layers.map(({ digest }) => digest) } }),
        ...(bare && { bare }),
        ...(keepsLatest && { keepsLatest }),
      }),
    ])
    await within?.(located, added)
    await events.emit(ArtifactUploaded, { artifactId: located.artifact.id, manifestDigest, sizeBytes })
    // What waited for something that came within the transaction is published by now.
    const now = within && added.state === 'pending' ? { ...added, ...(await this.#standing(added)) } : added
    return { namespace: located.namespace.name, name: located.artifact.name, uploadId: added.id, version: now }
  }

  async #standing({ id }: Version): Promise<Pick<Version, 'state' | 'stateReason' | 'publishedAt'> | undefined> {
    const [row] = await this.#parts.database.sql<Pick<Version, 'state' | 'stateReason' | 'publishedAt'>>`
      select state, state_reason as "stateReason", published_at as "publishedAt" from versions where id = ${id}`
    return row
  }

  /**
   * Every OCI client fetches the config, so the empty one has to be a real blob. The collector spares it, and its row is not touched in
   * transactions, where all publishes would wait for it.
   */
  async #emptyBlob(): Promise<StoredBlob> {
    this.#empty ??= await this.#parts.blobs.known(emptyDescriptor.digest, () => Readable.from([emptyContent]))
    return this.#empty
  }
}

const describeLayer = ({ digest, mediaType, sizeBytes, title }: Omit<StoredPublish['layers'][number], 'id'>): Descriptor => ({
  ...{ mediaType, digest, size: sizeBytes },
  ...(title !== undefined && { annotations: { [titleAnnotation]: title } }),
})

function compareTargets({ target: left }: StoredPublish, { target: right }: StoredPublish): number {
  const [one, other] = [`${left.namespace}/${left.name}`, `${right.namespace}/${right.name}`]
  return one < other ? -1 : Number(one > other)
}
