import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Authorizer } from '../auth/contract.ts'
import type { ArtifactRef, Catalog, Located, Version } from '../metadata/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import { digestOf } from './blob-store.service.ts'
import { mayFetch } from './content-sight.ts'
import type { BlobContent, Blobs, Manifests, StoredManifest } from './contract.ts'
import { BlobUnknown, ManifestUnknown } from './errors.ts'
import { type Descriptor, parseManifest, titleAnnotation } from './manifest-document.ts'

export interface DownloadFile {
  readonly blob: BlobContent
  readonly mediaType: string
  readonly fileName: string
}

/** A version of exactly one layer is that file; any other is its manifest. */
export interface Download {
  readonly version: Version
  readonly content: DownloadFile | StoredManifest
}

/** What a caller may fetch, by name and by digest. */
export interface Downloads {
  /** Throws what the catalog throws for the artifact and the version. */
  version(principal: Principal, ref: ArtifactRef, versionOrTag: string): Promise<Download>
  blob(principal: Principal, ref: ArtifactRef, digest: string): Promise<BlobContent>
  manifest(principal: Principal, ref: ArtifactRef, digest: string): Promise<StoredManifest>
  count(version: Version): void
}
export const Downloads = service<Downloads>('artifacts.downloads')

export interface DownloadParts {
  readonly catalog: Catalog
  readonly publications: Publications
  readonly blobs: Blobs
  readonly manifests: Manifests
  readonly authorizer: Authorizer
  readonly database: Database
}

export class DownloadService implements Downloads {
  readonly #parts: DownloadParts

  constructor(parts: DownloadParts) {
    this.#parts = parts
  }

  async version(principal: Principal, ref: ArtifactRef, versionOrTag: string): Promise<Download> {
    const { catalog } = this.#parts
    const located = await catalog.locate(principal, ref, 'read')
    const version = await catalog.version(located, versionOrTag)
    const manifest = await this.#manifest(located, version.manifestDigest)
    const [layer, ...others] = parseManifest(manifest.content, manifest.mediaType).layers ?? []
    const content = layer && others.length === 0 ? await this.#file(located, version, layer) : manifest
    return { version, content }
  }

  async blob(principal: Principal, ref: ArtifactRef, digest: string): Promise<BlobContent> {
    const located = await this.#parts.catalog.locate(principal, ref, 'read')
    const blob = await this.#blob(located, digest)
    if (!(await mayFetch(this.#parts, located, { kind: 'blob', id: blob.id }))) throw new BlobUnknown(digest)
    return blob
  }

  async manifest(principal: Principal, ref: ArtifactRef, digest: string): Promise<StoredManifest> {
    const located = await this.#parts.catalog.locate(principal, ref, 'read')
    const manifest = await this.#manifest(located, digest)
    const hidden = !(await mayFetch(this.#parts, located, { kind: 'manifest', digest: digestOf(digest) }))
    await this.#parts.publications.checkRead(located, digest, { hidden })
    if (hidden) throw new ManifestUnknown(digest)
    return manifest
  }

  count(version: Version): void {
    this.#parts.catalog.countDownload(version)
  }

  async #file(located: Located, { version }: Version, { digest, mediaType, annotations }: Descriptor): Promise<DownloadFile> {
    const { name } = located.artifact
    const fileName = annotations?.[titleAnnotation] ?? `${name.slice(name.lastIndexOf('/') + 1)}-${version}`
    return { blob: await this.#blob(located, digest), mediaType, fileName }
  }

  async #blob({ artifact }: Located, digest: string): Promise<BlobContent> {
    const blob = await this.#parts.blobs.open(artifact.id, digest)
    if (!blob) throw new BlobUnknown(digest)
    return blob
  }

  async #manifest({ artifact }: Located, digest: string): Promise<StoredManifest> {
    const manifest = await this.#parts.manifests.get(artifact.id, digest)
    if (!manifest) throw new ManifestUnknown(digest)
    return manifest
  }
}
