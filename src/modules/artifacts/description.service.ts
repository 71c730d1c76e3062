import { buffer } from 'node:stream/consumers'
import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { ArtifactRef, Catalog } from '../metadata/contract.ts'
import type { References } from '../metadata/references.contract.ts'
import type { BlobStore } from './blob-store.service.ts'
import type { StoredManifest } from './contract.ts'
import { type ManifestDocument, parseManifest } from './manifest-document.ts'
import type { ManifestStore } from './manifests.service.ts'

/** What manifests say of their artifact. */
export interface Descriptions {
  /** Of a manifest that got a name. Does nothing when it is gone, or refers to another one. */
  follow(artifactId: string, manifestDigest: string): Promise<void>
}
export const Descriptions = service<Descriptions>('artifacts.descriptions')

export interface DescriptionParts {
  readonly database: Database
  readonly catalog: Catalog
  readonly references: References
  readonly blobs: BlobStore
  readonly manifests: ManifestStore
}

/** Nobody asked: the registry itself reads what it was given. */
const registry: Principal = { userId: '00000000-0000-0000-0000-000000000000', isAdmin: true, scopes: new Set(['read', 'admin']) }

type Labels = Readonly<Record<string, string>>

const descriptionAnnotation = 'org.opencontainers.image.description'
const imageConfigs: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
const maxConfigBytes = 1_048_576

export class DescriptionService implements Descriptions {
  readonly #parts: DescriptionParts

  constructor(parts: DescriptionParts) {
    this.#parts = parts
  }

  async follow(artifactId: string, manifestDigest: string): Promise<void> {
    const document = await this.#read(artifactId, manifestDigest)
    if (!document || document.subject) return
    const labels = await this.#labelsOf(artifactId, document)
    const ref = await this.#nameOf(artifactId)
    if (!ref) return
    const located = await this.#parts.catalog.locate(registry, ref, 'read')
    const description = labels[descriptionAnnotation]
    await this.#parts.references.describe(located, { labels, ...(description !== undefined && { description }) })
  }

  async #nameOf(artifactId: string): Promise<ArtifactRef | undefined> {
    const [ref] = await this.#parts.database.sql<Required<ArtifactRef>>`
      select n.name as namespace, a.name, a.format from artifacts a join namespaces n on n.id = a.namespace_id
      where a.id = ${artifactId} and a.state = 'active' and n.state = 'active'`
    return ref
  }

  async #read(artifactId: string, digest: string): Promise<ManifestDocument | undefined> {
    const stored: StoredManifest | undefined = await this.#parts.manifests.get(artifactId, digest)
    return stored && parseManifest(stored.content, stored.mediaType)
  }

  /** Annotations before labels of the image; an index speaks for its first image. */
  async #labelsOf(artifactId: string, { annotations, config, manifests: [first] = [] }: ManifestDocument): Promise<Labels> {
    const child = first && (await this.#read(artifactId, first.digest))
    const fromChild = child ? { ...(await this.#configLabels(artifactId, child.config)), ...child.annotations } : {}
    return { ...fromChild, ...(await this.#configLabels(artifactId, config)), ...annotations }
  }

  async #configLabels(artifactId: string, config: ManifestDocument['config']): Promise<Labels> {
    if (!config || !imageConfigs.has(config.mediaType)) return {}
    const blob = await this.#parts.blobs.open(artifactId, config.digest)
    return blob && blob.sizeBytes <= maxConfigBytes ? labelsIn(await buffer(await blob.read())) : {}
  }
}

/** The config is whatever was pushed. */
function labelsIn(config: Buffer): Labels {
  try {
    const labels: unknown = (JSON.parse(config.toString('utf8')) as { config?: { Labels?: unknown } }).config?.Labels
    if (typeof labels !== 'object' || labels === null) return {}
    return Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return {}
  }
}
