import type { Principal } from '../../shared/kernel/principal.ts'
import { parseDigest } from '../../shared/types/digest.ts'
import type { Audit } from '../auth/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import type { References } from '../metadata/references.contract.ts'
import { mountBlob } from './blob-mount.ts'
import type { PlacingParts } from './blob-place.ts'
import { type BlobStore, digestOf } from './blob-store.service.ts'
import { type ContentSightParts, mayFetch } from './content-sight.ts'
import type {
  BlobContent,
  ManifestPush,
  PushedManifest,
  ReferrerPage,
  Repositories,
  RepositoryRef,
  ResolvedManifest,
  StoredBlob,
} from './contract.ts'
import type { Downloads } from './downloads.service.ts'
import { InvalidDigest, ManifestUnknown, PushNotNative } from './errors.ts'
import { derivedTag, type ManifestPushParts, pushManifest } from './manifest-push.ts'
import type { WarningSources } from './manifest-warnings.service.ts'
import { adoptBlob } from './manifests.queries.ts'
import type { ManifestStore } from './manifests.service.ts'
import { Referrers } from './referrers.service.ts'
import { hasManifests, isVersion } from './repositories.queries.ts'
import { repositoryPlace } from './repository-place.ts'

export interface RepositoryParts extends PlacingParts, ContentSightParts, ManifestPushParts {
  readonly audit: Audit
  readonly references: References
  readonly publications: Publications
  readonly blobs: BlobStore
  readonly manifests: ManifestStore
  readonly downloads: Downloads
  readonly warnings: WarningSources
}

const isDigest = (reference: string): boolean => reference.includes(':')

export class RepositoryService implements Repositories {
  readonly #parts: RepositoryParts
  readonly #referrers: Referrers

  constructor(parts: RepositoryParts) {
    this.#parts = parts
    this.#referrers = new Referrers(parts)
  }

  async manifest(principal: Principal, ref: RepositoryRef, reference: string): Promise<ResolvedManifest> {
    const { catalog, references, manifests, publications } = this.#parts
    const located = await catalog.locate(principal, ref, 'read')
    const named = isDigest(reference) ? undefined : await references.resolve(located, reference, { toMend: true })
    const digest = isDigest(reference) ? reference : named?.manifestDigest
    const stored = digest === undefined ? undefined : await manifests.get(located.artifact.id, digest)
    if (!stored) throw new ManifestUnknown(reference)
    // A name that is a version has been looked at; a plain tag may name what a version of the same bytes hides.
    const hidden = !named?.version && !(await mayFetch(this.#parts, located, { kind: 'manifest', digest: digestOf(stored.digest) }))
    // What `cosign sign` reads first; names that move are no way to content that nobody should run.
    const toMend = !named || named.version !== null
    await publications.checkRead(located, stored.digest, { hidden, toMend })
    if (hidden) throw new ManifestUnknown(reference)
    const manifest = { artifactId: located.artifact.id, manifestDigest: stored.digest }
    const version = named?.version ? { id: named.version.id, artifactId: located.artifact.id } : null
    return { ...stored, version, warnings: await this.#parts.warnings.of(manifest, named) }
  }

  count({ version }: ResolvedManifest): void {
    if (version) this.#parts.catalog.countDownload(version)
  }

  blob(principal: Principal, ref: RepositoryRef, digest: string): Promise<BlobContent> {
    return this.#parts.downloads.blob(principal, ref, digest)
  }

  async pushBlob(principal: Principal, ref: RepositoryRef, content: Parameters<Repositories['pushBlob']>[2]): Promise<StoredBlob> {
    const { catalog, database, quotas, blobs } = this.#parts
    const { body, digest, sizeBytes, awaited = false } = content
    const wanted = digestOf(digest)
    const place = await repositoryPlace(catalog, principal, ref)
    await quotas.expect(place.namespace, { sizeBytes, digest: wanted })
    const stored = await blobs.store(body, { digest, place, ...(sizeBytes !== undefined && { sizeBytes }) })
    if (awaited) await adoptBlob(database, (await catalog.locate(principal, ref, 'publish')).artifact.id, stored)
    return stored
  }

  async mountBlob(
    principal: Principal,
    ref: RepositoryRef,
    mount: { readonly digest: string; readonly from?: RepositoryRef },
  ): Promise<StoredBlob | undefined> {
    digestOf(mount.digest)
    const place = await repositoryPlace(this.#parts.catalog, principal, ref)
    return mountBlob(this.#parts, principal, { place, mount })
  }

  async deleteBlob(principal: Principal, ref: RepositoryRef, digest: string): Promise<void> {
    digestOf(digest)
    const { artifact } = await this.#parts.catalog.locate(principal, ref, 'publish')
    await this.#parts.blobs.unlink(artifact.id, digest)
  }

  async checkPush(principal: Principal, ref: RepositoryRef): Promise<void> {
    await repositoryPlace(this.#parts.catalog, principal, ref)
  }

  pushManifest(principal: Principal, ref: RepositoryRef, push: ManifestPush): Promise<PushedManifest> {
    return pushManifest(this.#parts, principal, { ref, push })
  }

  async deleteManifest(principal: Principal, ref: RepositoryRef, digest: string): Promise<void> {
    const { catalog, database, transaction, manifests, references, audit } = this.#parts
    if (!parseDigest(digest)) throw new InvalidDigest()
    const located = await catalog.locate(principal, ref, 'publish')
    const { artifact, namespace } = located
    await transaction.run(async () => {
      await manifests.remove(artifact.id, digest, async () => {
        if (ref.format !== 'oci' && (await isVersion(database, artifact.id, digest))) throw new PushNotNative(ref.format)
        await references.removeAllOf(located, digest)
      })
      if (!(await hasManifests(database, artifact.id))) await references.emptied(located)
      const subject = `${namespace.name}/${artifact.name}@${digest}`
      await audit.record({ action: 'manifest.deleted', subject, subjectId: artifact.id, namespace: namespace.name })
    })
  }

  async deleteTag(principal: Principal, ref: RepositoryRef, tag: string): Promise<void> {
    const { catalog, references } = this.#parts
    const located = await catalog.locate(principal, ref, 'publish')
    if (ref.format !== 'oci' && !derivedTag.test(tag)) throw new PushNotNative(ref.format)
    await references.remove(located, tag)
  }

  async tags(
    principal: Principal,
    ref: RepositoryRef,
    page: { readonly last?: string; readonly limit: number },
  ): Promise<readonly string[]> {
    const located = await this.#parts.catalog.locate(principal, ref, 'read')
    return this.#parts.references.list(located, page)
  }

  referrers(principal: Principal, ref: RepositoryRef, query: Parameters<Repositories['referrers']>[2]): Promise<ReferrerPage> {
    return this.#referrers.list(principal, ref, query)
  }
}
