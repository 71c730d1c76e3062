import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AuthRequired } from '../../../shared/kernel/http-errors.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import { Slots } from '../../../shared/kernel/slots.ts'
import type { ArtifactRef, Catalog } from '../../metadata/contract.ts'
import type { PackumentBody, WantedPackument } from '../../packuments/contract.ts'
import type { RegistryKeys } from '../../signing/contract.ts'
import { PackageNotFound } from '../errors.ts'
import { packageText } from '../package-name.ts'
import { type BuiltDocument, DocumentThread } from './document-thread.ts'
import { NameElsewhere, ScopeElsewhere, UpstreamsBusy } from './errors.ts'
import { scopeMatcherOf } from './name-pattern.ts'
import type { NpmUpstream } from './settings.ts'
import { UpstreamSignatures } from './signatures.ts'
import { UpstreamManifests } from './upstream-manifests.ts'
import { type UpstreamName, upstreamName } from './upstream-name.ts'
import { UpstreamPackages, type UpstreamParts } from './upstream-packages.service.ts'

export interface Elsewhere {
  readonly source: UpstreamPackages
  readonly name: UpstreamName
}

type OwnCatalog = Pick<Catalog, 'isHere' | 'locate'>

export interface UpstreamsParts extends Omit<UpstreamParts, 'thread' | 'signatures' | 'slots'> {
  readonly catalog: OwnCatalog
  readonly registryKeys: RegistryKeys
  readonly log: Logger
}

interface UpstreamsSettings {
  readonly upstreams: readonly NpmUpstream[]
  readonly upstreamMaxReading: number
}

/** Packages that are not here, by the registries that are asked for them. */
export class Upstreams implements AsyncDisposable {
  readonly #catalog: OwnCatalog
  readonly #thread = new DocumentThread()
  readonly #manifests: UpstreamManifests
  readonly #upstreams: readonly UpstreamPackages[]
  readonly #hasScope: (namespace: string) => boolean

  constructor(parts: UpstreamsParts, { upstreams, upstreamMaxReading }: UpstreamsSettings) {
    this.#catalog = parts.catalog
    const slots = new Slots({ atOnce: upstreamMaxReading }, () => new UpstreamsBusy())
    this.#manifests = new UpstreamManifests(this.#thread, slots)
    const shared = { ...parts, thread: this.#thread, slots, signatures: new UpstreamSignatures(parts) }
    this.#upstreams = upstreams.map((upstream) => new UpstreamPackages(shared, upstream))
    this.#hasScope = scopeMatcherOf(upstreams.flatMap(({ match }) => match))
  }

  /** Hot: most registries have none. */
  get any(): boolean {
    return this.#upstreams.length > 0
  }

  /**
   * Where a package comes from that is not here; a name that is here, or whose scope belongs to somebody here, never comes from elsewhere. Throws
   * AuthRequired where strangers may not read.
   */
  async sourceOf(principal: Principal, text: string): Promise<Elsewhere | undefined> {
    const name = this.any ? upstreamName(text) : undefined
    const source = name && (await this.#elsewhere(name))
    if (!name || !source) return undefined
    if (!source.isForEveryone && !(principal.userId !== undefined && principal.scopes.has('read'))) throw new AuthRequired()
    return { source, name }
  }

  /** Before a package of a new name is published. Throws NameElsewhere, and UpstreamUnavailable where that cannot be known. */
  async refuseElsewhere({ namespace, name, format }: Required<ArtifactRef>): Promise<void> {
    if (!this.any || format !== 'npm') return
    const text = packageText({ namespace, name })
    const source = await this.#elsewhere({ text, ref: { namespace, name, format }, isOurs: true })
    if (await source?.has(text)) throw new NameElsewhere()
  }

  /** Before somebody takes a name whose scope it would own. Throws ScopeElsewhere. */
  refuseScope(namespace: string): void {
    if (this.#hasScope(namespace)) throw new ScopeElsewhere(namespace)
  }

  /** What is nowhere is answered as what is hidden here (D-13). */
  async refuseMissing(principal: Principal, { ref, isOurs }: UpstreamName): Promise<never> {
    if (ref && isOurs) await this.#catalog.locate(principal, ref, 'read')
    throw new PackageNotFound()
  }

  /** The document in the form and the encoding that a client wants. */
  body(document: BuiltDocument, { form, accepts }: WantedPackument): PackumentBody {
    const { gzip, sizeBytes } = document[form]
    const encoding = accepts.find((one) => one === 'gzip' || one === 'identity') ?? 'identity'
    const revision = `${document.revision}-${form}`
    const about = { etag: `"${revision}-${encoding}"`, revision, lastModified: document.lastModified, encoding } as const
    const plain = async () => Readable.from([gzip]).pipe(createGunzip())
    return encoding === 'gzip'
      ? { ...about, sizeBytes: gzip.length, content: Buffer.from(gzip.buffer, gzip.byteOffset, gzip.length), read: plain }
      : { ...about, sizeBytes, content: undefined, read: plain }
  }

  /** Throws UpstreamsBusy. */
  manifest(document: BuiltDocument, version: string): Promise<string> {
    return this.#manifests.find(document, version)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#thread[Symbol.asyncDispose]()
  }

  async #elsewhere({ text, ref }: UpstreamName): Promise<UpstreamPackages | undefined> {
    const upstream = this.#upstreams.find(({ matches }) => matches(text))
    return upstream && !(ref && (await this.#catalog.isHere(ref))) ? upstream : undefined
  }
}
export const NpmUpstreams = service<Upstreams>('npm.upstreams')
