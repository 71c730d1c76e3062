import type { Readable } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { ArtifactRef, Located, NewVersion, PublishTarget, Version } from '../metadata/contract.ts'

/** What a blob is sent as. */
export interface BlobPresentation {
  readonly mediaType: string
  readonly fileName?: string
}

/** `redirect`: a URL for the client, valid for minutes. `accel`: a path that the proxy in front serves (`X-Accel-Redirect`). */
export type BlobLocation = { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'accel'; readonly path: string }

/** Where bytes live. Keys are opaque, one per stored copy, never reused. */
export interface BlobDriver {
  readonly name: string
  /** Appends to a new or unfinished upload. Resolves when the bytes are durable; a failed body leaves the bytes that arrived. */
  append(uploadKey: string, offset: number, body: AsyncIterable<Buffer>): Promise<void>
  /** Durable bytes of an unfinished upload, 0 when there is none. */
  uploadSize(uploadKey: string): Promise<number>
  /** Reads back an unfinished upload, to hash it again after a restart. */
  readUpload(uploadKey: string): Promise<Readable>
  /** Stores a whole copy that is small enough for memory, under a key of its own; durable when it resolves. A failed body leaves nothing. */
  store(storageKey: string, body: AsyncIterable<Buffer>): Promise<void>
  /** Makes the upload a stored copy under `storageKey`; durable when it resolves. */
  commit(uploadKey: string, storageKey: string): Promise<void>
  abort(uploadKey: string): Promise<void>
  /** `start` and `end` are inclusive offsets. Rejects with `BlobMissing` when there is no copy. */
  read(storageKey: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>
  /** Where a client, or the proxy in front, may get the bytes by itself. Undefined: only from here. */
  locate?(storageKey: string, as: BlobPresentation): Promise<BlobLocation | undefined>
  /** Bytes of a copy, `undefined` when it does not exist. */
  size(storageKey: string): Promise<number | undefined>
  /** Succeeds when there is nothing to remove. */
  remove(storageKey: string): Promise<void>
  /** Puts a damaged copy where no reader finds it and an operator still can. Succeeds when there is none. */
  quarantine(storageKey: string): Promise<void>
  /** Renews `modifiedAt`, as a sign that somebody is still at work on it. Succeeds when there is nothing. */
  touch(kind: 'copy' | 'upload', key: string): Promise<void>
  /** Every stored copy and every unfinished upload, in no order. */
  list(): AsyncIterable<{ readonly kind: 'copy' | 'upload'; readonly key: string; readonly sizeBytes: number; readonly modifiedAt: Date }>
  ping(): Promise<void>
}

/** Contributors add drivers; the setting `artifacts.driver` picks one. */
export interface BlobDrivers {
  add(name: string, open: () => Promise<BlobDriver>): void
}
export const BlobDrivers = service<BlobDrivers>('artifacts.blob_drivers')

export interface StoredBlob {
  readonly id: string
  /** The digest the caller asked for or, without one, sha256. */
  readonly digest: string
  readonly sizeBytes: number
}

export interface BlobContent extends StoredBlob {
  read(range?: { readonly start: number; readonly end: number }): Promise<Readable>
  /** Where the bytes can be got without this process. */
  locate?(as: BlobPresentation): Promise<BlobLocation | undefined>
}

/** Bytes by digest, stored once for the whole registry. */
export interface Blobs {
  /**
   * Streams, hashes while writing, durable when it resolves. Throws `artifacts.digest_mismatch`, `artifacts.size_mismatch`, `artifacts.too_large`;
   * then nothing is stored. The blob is safe from collection for the grace period, then needs a link.
   */
  store(
    body: Readable,
    expected?: {
      readonly digest?: string
      readonly sizeBytes?: number
      /** Nobody hears of it before a transaction that refers to it is committed, and that makes its row durable, too. */
      readonly committedLater?: true
    },
  ): Promise<StoredBlob>
  /** Only when this artifact links it (design.md §8). */
  open(artifactId: string, digest: string): Promise<BlobContent | undefined>
  /** Links blobs that the artifact may use: within the surrounding transaction. */
  link(located: Located, blobs: readonly StoredBlob[]): Promise<void>
}
export const Blobs = service<Blobs>('artifacts.blobs')

export interface StoredManifest {
  readonly digest: string
  readonly mediaType: string
  readonly content: Buffer
}

export interface Manifests {
  /** Parses, checks that every blob and child is linked, writes edges; within the surrounding transaction. Idempotent per digest. */
  put(
    located: Located,
    manifest: { readonly mediaType: string; readonly content: Buffer; readonly digest?: string },
  ): Promise<StoredManifest>
  get(artifactId: string, digest: string): Promise<StoredManifest | undefined>
  /** Unless a version, a tag or an index uses it; with `expiredAt` also unless it was pushed since or refers to a subject that is there. */
  unlink(artifactId: string, digest: string, expiredAt?: string): Promise<void>
}
export const Manifests = service<Manifests>('artifacts.manifests')

export interface UploadSession {
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly format: PublishTarget['format'] | null
  readonly offset: number
  readonly expiresAt: string
}

export interface UploadChunk {
  readonly body: Readable
  readonly start?: number
  readonly sizeBytes?: number
}

/** A blob, and where it was uploaded to. */
export type FinishedUpload = StoredBlob & Pick<ArtifactRef, 'namespace' | 'name'>

/** Resumable uploads with OCI semantics, bound to a caller and a repository. */
export interface Uploads {
  open(
    principal: Principal,
    target: { readonly namespace: string; readonly name: string; readonly format?: PublishTarget['format'] },
    expectedBytes?: number,
  ): Promise<UploadSession>
  status(principal: Principal, id: string): Promise<UploadSession>
  /** `start` is the caller's claim of the offset; a gap or replay throws `artifacts.range_not_satisfiable`. */
  append(principal: Principal, id: string, chunk: UploadChunk): Promise<UploadSession>
  /**
   * Links the blob to the artifact or, while there is none, keeps it for the publish of that artifact by the same user, for the grace period.
   * A wrong digest ends the session and its bytes. `rest` is appended first. Can be repeated after a kill (D-11).
   */
  finish(principal: Principal, id: string, last: { readonly digest: string; readonly rest?: UploadChunk }): Promise<FinishedUpload>
  cancel(principal: Principal, id: string): Promise<void>
}
export const Uploads = service<Uploads>('artifacts.uploads')

/** A manifest as one name or digest resolved to it. */
export interface ResolvedManifest extends StoredManifest {
  /** For people: deprecated, vulnerable. Each at most 1,000 characters of printable ASCII. */
  readonly warnings: readonly string[]
  /** What a GET counts as a download of; null for a digest, or a tag of what is no version. */
  readonly version: Pick<Version, 'id' | 'artifactId'> | null
}

/**
 * `digest`: what the sender says the bytes are. `tags`: names that point to it from now on. `sparse`: a copy of what another registry has, so that
 * the blobs and manifests it lists may come later, or never.
 */
export interface ManifestPush {
  readonly mediaType: string
  readonly content: Buffer
  readonly digest?: string
  readonly tags: readonly string[]
  readonly sparse?: true
}

export interface PushedManifest {
  readonly digest: string
  /** Digest of the manifest this one refers to. */
  readonly subject?: string
  /** Why tags do not point to it yet. */
  readonly waits?: readonly string[]
}

/** What lists of referrers hold, as the image index of the OCI distribution-spec wants it. */
export interface ReferrerDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface ReferrerPage {
  readonly manifests: readonly ReferrerDescriptor[]
  /** Opaque; absent on the last page. */
  readonly next?: string
}

/** An artifact by its exact format, as a door spelled it. */
export type RepositoryRef = Required<ArtifactRef>

export type BlobMount = { readonly digest: string; readonly from?: RepositoryRef }

/**
 * Artifacts as OCI clients see them: blobs and manifests by digest, names that point to manifests. Every method authorizes; what the caller may not
 * see is answered as what does not exist (design.md §4). Pushing makes the artifact when it is new. Repositories of another format than `oci` take
 * only manifests with a subject, and tags of the form `sha256-…` (design.md §2).
 */
export interface Repositories {
  /** By tag, version or digest. Throws `artifacts.manifest_unknown`, `metadata.artifact_not_found`. */
  manifest(principal: Principal, ref: RepositoryRef, reference: string): Promise<ResolvedManifest>
  /** After a GET was answered; a HEAD is no download. */
  count(manifest: ResolvedManifest): void
  blob(principal: Principal, ref: RepositoryRef, digest: string): Promise<BlobContent>
  /** The bytes in one request. `awaited`: sparse manifests that list it have it from now on. Throws what `Blobs.store` throws. */
  pushBlob(
    principal: Principal,
    ref: RepositoryRef,
    content: { readonly body: Readable; readonly digest: string; readonly sizeBytes?: number; readonly awaited?: true },
  ): Promise<StoredBlob>
  /** Undefined when there is no such blob in `from`, or in any repository the caller may read. */
  mountBlob(principal: Principal, ref: RepositoryRef, blob: BlobMount): Promise<StoredBlob | undefined>
  /** Throws `artifacts.blob_unknown`, `artifacts.blob_in_use` while a manifest of this repository has it. */
  deleteBlob(principal: Principal, ref: RepositoryRef, digest: string): Promise<void>
  /** Before a body is read: throws what a push throws that the caller may not do, whatever is pushed. */
  checkPush(principal: Principal, ref: RepositoryRef): Promise<void>
  /** Throws `artifacts.manifest_invalid`, `artifacts.blob_unknown`, `artifacts.digest_mismatch`, `metadata.tag_immutable`. */
  pushManifest(principal: Principal, ref: RepositoryRef, push: ManifestPush): Promise<PushedManifest>
  /** With every tag that points to it. */
  deleteManifest(principal: Principal, ref: RepositoryRef, digest: string): Promise<void>
  deleteTag(principal: Principal, ref: RepositoryRef, tag: string): Promise<void>
  /** Tags and versions in the order of their bytes, from after `last`. */
  tags(principal: Principal, ref: RepositoryRef, page: { readonly last?: string; readonly limit: number }): Promise<readonly string[]>
  /** Empty when the subject, or the whole repository, does not exist and the caller may know that. Pages hold at most 4 MiB (D-15). */
  referrers(
    principal: Principal,
    ref: RepositoryRef,
    query: { readonly subject: string; readonly artifactType?: string; readonly after?: string; readonly limit: number },
  ): Promise<ReferrerPage>
}
export const Repositories = service<Repositories>('artifacts.repositories')

export interface PublishedVersion {
  /** Canonical. */
  readonly namespace: string
  readonly name: string
  readonly uploadId: string
  readonly version: Version
}

/** A blob that was uploaded before; a `size` that is given has to be its. */
export interface Layer {
  readonly digest: string
  readonly mediaType: string
  readonly title?: string
  readonly size?: number
}

/** A version whose bytes are stored already (`Blobs.store`). */
export interface StoredPublish extends Pick<NewVersion, 'version' | 'metadata' | 'bare' | 'tags' | 'keepsLatest'> {
  readonly target: PublishTarget
  readonly layers: readonly (StoredBlob & { readonly mediaType: string; readonly title?: string })[]
  /** Of the OCI manifest around them; without it, one that names the type of the artifact. */
  readonly artifactType?: string
  /** What else belongs into the same transaction. */
  readonly within?: (located: Located, version: Version) => Promise<void>
}

/** `signature`: for policies that ask for one (`Publication`). */
type PublishedContent = Pick<NewVersion, 'version' | 'metadata' | 'bare'> & { readonly signature?: string }

/** Publishing as one domain operation, for every door: bytes first, then one transaction over all modules. */
export interface Publishing {
  publishBlob(
    principal: Principal,
    target: PublishTarget,
    content: PublishedContent & { readonly body: Readable; readonly digest?: string; readonly sizeBytes?: number },
  ): Promise<PublishedVersion>
  publishManifest(
    principal: Principal,
    target: PublishTarget,
    content: PublishedContent & { readonly layers: readonly Layer[] },
  ): Promise<PublishedVersion>
  /** All of them or none, in one transaction. */
  publishStored(principal: Principal, versions: readonly StoredPublish[]): Promise<readonly PublishedVersion[]>
}
export const Publishing = service<Publishing>('artifacts.publishing')

/** What one collection removed. */
export const CollectionReport = Type.Object({
  sessions: Type.Integer({ description: 'Idle upload sessions.' }),
  manifests: Type.Integer(),
  links: Type.Integer({ description: 'Permissions of artifacts to use blobs that none of their manifests used.' }),
  blobs: Type.Integer(),
  bytes: Type.Integer(),
  orphans: Type.Integer({ description: 'Files without a row.' }),
  finishedAt: Type.String(),
})
export type CollectionReport = Static<typeof CollectionReport>

/** Garbage collection, while the registry runs. */
export interface Collection {
  /** Throws `artifacts.collection_running` when another one does not end in time. */
  collect(): Promise<CollectionReport>
  lastReport(): Promise<CollectionReport | undefined>
}
export const Collection = service<Collection>('artifacts.collection')

export const ArtifactUploaded = defineEvent(
  'artifacts.uploaded',
  Type.Object({ artifactId: Type.String(), manifestDigest: Type.String(), sizeBytes: Type.Integer() }),
)

/** A manifest came into an artifact through a door that takes whole manifests, or got new tags. */
export const ManifestPushed = defineEvent(
  'artifacts.manifest_pushed',
  Type.Object({ artifactId: Type.String(), manifestDigest: Type.String(), tags: Type.Array(Type.String()) }),
)
