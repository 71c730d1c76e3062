import type { Readable } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Located, PublishTarget, Version } from '../metadata/contract.ts'

/** Where bytes live. Keys are opaque, one per stored copy, never reused. */
export interface BlobDriver {
  readonly name: string
  /** Appends to a new or unfinished upload. Resolves when the bytes are durable; a failed body leaves the bytes that arrived. */
  append(uploadKey: string, offset: number, body: AsyncIterable<Buffer>): Promise<void>
  /** Durable bytes of an unfinished upload, 0 when there is none. */
  uploadSize(uploadKey: string): Promise<number>
  /** Reads back an unfinished upload, to hash it again after a restart. */
  readUpload(uploadKey: string): Promise<Readable>
  /** Makes the upload a stored copy under `storageKey`; durable when it resolves. */
  commit(uploadKey: string, storageKey: string): Promise<void>
  abort(uploadKey: string): Promise<void>
  /** `start` and `end` are inclusive offsets. Rejects with `BlobMissing` when there is no copy. */
  read(storageKey: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>
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
}

/** Bytes by digest, stored once for the whole registry. */
export interface Blobs {
  /**
   * Streams, hashes while writing, durable when it resolves. Throws `artifacts.digest_mismatch`, `artifacts.size_mismatch`, `artifacts.too_large`;
   * then nothing is stored. The blob is safe from collection for the grace period, then needs a link.
   */
  store(body: Readable, expected?: { readonly digest?: string; readonly sizeBytes?: number }): Promise<StoredBlob>
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
  /** Takes it out of the artifact unless a version or tag uses it; the collector removes what no artifact has. */
  unlink(artifactId: string, digest: string): Promise<void>
}
export const Manifests = service<Manifests>('artifacts.manifests')

export interface UploadSession {
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly offset: number
  readonly expiresAt: string
}

/** A blob, and where it was uploaded to. */
export interface FinishedUpload extends StoredBlob {
  readonly namespace: string
  readonly name: string
}

/** Resumable uploads with OCI semantics, bound to a caller and a repository. */
export interface Uploads {
  open(
    principal: Principal,
    target: { readonly namespace: string; readonly name: string; readonly format?: PublishTarget['format'] },
    expectedBytes?: number,
  ): Promise<UploadSession>
  status(principal: Principal, id: string): Promise<UploadSession>
  /** `start` is the caller's claim of the offset; a gap or replay throws `artifacts.range_not_satisfiable`. */
  append(
    principal: Principal,
    id: string,
    chunk: { readonly body: Readable; readonly start?: number; readonly sizeBytes?: number },
  ): Promise<UploadSession>
  /**
   * Links the blob to the artifact or, while there is none, keeps it for the publish of that artifact by the same user, for the grace period.
   * A wrong digest ends the session and its bytes. `rest` is appended first. Can be repeated after a kill (D-11).
   */
  finish(
    principal: Principal,
    id: string,
    last: {
      readonly digest: string
      readonly rest?: { readonly body: Readable; readonly start?: number; readonly sizeBytes?: number }
    },
  ): Promise<FinishedUpload>
  cancel(principal: Principal, id: string): Promise<void>
}
export const Uploads = service<Uploads>('artifacts.uploads')

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

/** Publishing as one domain operation, for every door: bytes first, then one transaction over all modules. */
export interface Publishing {
  publishBlob(
    principal: Principal,
    target: PublishTarget,
    content: {
      readonly version: string
      readonly body: Readable
      readonly digest?: string
      readonly sizeBytes?: number
      readonly metadata: Readonly<Record<string, unknown>>
      readonly bare?: true
    },
  ): Promise<PublishedVersion>
  publishManifest(
    principal: Principal,
    target: PublishTarget,
    content: {
      readonly version: string
      readonly layers: readonly Layer[]
      readonly metadata: Readonly<Record<string, unknown>>
      readonly bare?: true
    },
  ): Promise<PublishedVersion>
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

export const FsckReport = Type.Object({
  errors: Type.Array(
    Type.Object({
      kind: Type.String(),
      subject: Type.String(),
      detail: Type.String(),
      repairable: Type.Boolean(),
      repaired: Type.Boolean(),
    }),
  ),
  checked: Type.Object({ blobs: Type.Integer(), bytes: Type.Integer(), manifests: Type.Integer(), versions: Type.Integer() }),
})
export type FsckReport = Static<typeof FsckReport>

export interface Fsck {
  /** Compares rows, references and bytes, while the registry runs. `bytes: false` leaves out reading the copies. */
  check(options?: { readonly repair?: boolean; readonly bytes?: boolean }): Promise<FsckReport>
}
export const Fsck = service<Fsck>('artifacts.fsck')

export const ArtifactUploaded = defineEvent(
  'artifacts.uploaded',
  Type.Object({ artifactId: Type.String(), manifestDigest: Type.String(), sizeBytes: Type.Integer() }),
)
