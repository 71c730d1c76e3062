import type { Readable } from 'node:stream'
import { parseJson } from '../../../shared/kernel/http-json.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Blobs, PublishedVersion, Publishing, StoredBlob, StoredPublish } from '../../artifacts/contract.ts'
import type { Catalog, Namespace, PublishTarget } from '../../metadata/contract.ts'
import type { PackageDescription, Packuments, Tarballs } from '../../packuments/contract.ts'
import {
  type BundleVerifier,
  type PackageAttestations,
  provenanceTypes,
  type RegistryKeys,
  type VerifiedBundle,
} from '../../signing/contract.ts'
import { type PackageRef, packageText } from '../package-name.ts'
import { newPackageRef } from '../package-ref.ts'
import { DocumentTooLarge, ManifestMismatch, PackagePrivate, PublishInvalid } from './errors.ts'
import { JsonText } from './json-text.ts'
import { type PackageDocument, readPackageDocument } from './package-document.ts'
import { checkDist, checkName, extrasOf, soleVersion, tagsOf, visibilityOf } from './publish-checks.ts'
import { type ReceivedTarball, receiveTarball } from './receive-tarball.ts'

export interface PackagePublisherParts {
  readonly blobs: Blobs
  readonly catalog: Catalog
  readonly publishing: Publishing
  readonly tarballs: Tarballs
  readonly packuments: Packuments
  readonly registryKeys: RegistryKeys
  readonly bundleVerifier: BundleVerifier
  readonly packageAttestations: PackageAttestations
  readonly limits: { readonly maxDocumentBytes: number; readonly maxChangeBytes: number; readonly maxBatchPackages: number }
}

export interface PublishBody {
  readonly principal: Principal
  readonly body: Readable
  /** Bytes of the whole body, when the sender said how many. */
  readonly announced: number | undefined
}

/** Everything about a version that is ready to be published, and whose bytes are stored. */
export interface PreparedPublish {
  readonly ref: PackageRef
  readonly version: string
  readonly target: PublishTarget
  readonly tags: readonly string[]
  readonly blob: StoredBlob
  readonly content?: Buffer
  readonly description: Omit<PackageDescription, 'tarballDigest'>
  readonly metadata: Readonly<Record<string, unknown>>
  readonly bundle?: VerifiedBundle
}

export type Received =
  | { readonly kind: 'publish'; readonly prepared: PreparedPublish }
  /** A document without a tarball: it changes something about versions that are there. */
  | { readonly kind: 'change'; readonly document: PackageDocument<unknown> }

/** So much of a body is held in memory (D-18). */
const smallBytes = 1_048_576

const tarballType = 'application/vnd.npm.package.tar+gzip'
const packageType = 'application/vnd.npm.package.v1'

/** Publishing as clients of npm do it: one document with the tarball in it. */
export class PackagePublisher {
  readonly #parts: PackagePublisherParts

  constructor(parts: PackagePublisherParts) {
    this.#parts = parts
  }

  /** Reads a whole body. Nothing is visible after it, whether it fails or not. */
  async receive(call: PublishBody, ref: PackageRef): Promise<Received> {
    const { maxChangeBytes, maxDocumentBytes } = this.#parts.limits
    const json = new JsonText(call.body, { maxBytes: maxChangeBytes, maxValueBytes: maxDocumentBytes })
    const received = await this.#read(json, call, ref)
    await json.end()
    return received
  }

  /** Reads `{ packages: [<document>, …] }`, as pnpm sends it. */
  async receiveBatch(call: PublishBody): Promise<readonly PreparedPublish[]> {
    const { maxChangeBytes, maxDocumentBytes, maxBatchPackages } = this.#parts.limits
    const json = new JsonText(call.body, { maxBytes: maxChangeBytes, maxValueBytes: maxDocumentBytes })
    const prepared = new Map<string, PreparedPublish>()
    let heldBytes = 0
    await json.object(async (key) => {
      if (key !== 'packages') return void (await json.value())
      await json.array(async () => {
        if (prepared.size >= maxBatchPackages) throw new PublishInvalid(`a batch has at most ${maxBatchPackages} packages`)
        const received = await this.#read(json, call, undefined)
        if (received.kind === 'change') throw new PublishInvalid('every package of a batch has a tarball')
        const name = packageText(received.prepared.ref)
        if (prepared.has(name)) throw new PublishInvalid(`${name} is twice in the batch`)
        // A package.json that is compressed well takes little of the body, and all of it is held until the last package has come.
        heldBytes += Buffer.byteLength(JSON.stringify(received.prepared.description))
        if (heldBytes > maxDocumentBytes) throw new DocumentTooLarge(maxDocumentBytes)
        // Nor are their tarballs held.
        const { content: _, ...rest } = received.prepared
        prepared.set(name, rest)
      })
    })
    await json.end()
    if (prepared.size === 0) throw new PublishInvalid('the batch is empty')
    return [...prepared.values()]
  }

  /** All of them or none, signed by the registry. `within` is part of the transaction. */
  async publish(
    principal: Principal,
    prepared: readonly PreparedPublish[],
    within?: () => Promise<void>,
  ): Promise<readonly PublishedVersion[]> {
    const entries = await Promise.all(prepared.map((one) => this.#entry(one, within)))
    return this.#parts.publishing.publishStored(principal, entries)
  }

  /** Without `ref` the document itself says which package it is, before its tarball. */
  async #read(json: JsonText, { principal, announced }: PublishBody, known: PackageRef | undefined): Promise<Received> {
    let admitted: { readonly ref: PackageRef; readonly namespace: Namespace } | undefined
    const take = async (content: AsyncIterable<Buffer>, soFar: PackageDocument<ReceivedTarball>) => {
      const ref = known ?? newPackageRef(soFar.name ?? '')
      admitted = { ref, namespace: await this.#admit(principal, ref, soFar) }
      return receiveTarball(content, (announced ?? Number.POSITIVE_INFINITY) <= smallBytes, this.#parts)
    }
    const document = await readPackageDocument(json, take, this.#parts.limits.maxDocumentBytes)
    const ref = known ?? admitted?.ref
    if (ref) checkName(packageText(ref), document)
    if (!document.hasAttachments) return { kind: 'change', document }
    if (!document.tarball || !admitted) throw new PublishInvalid('it has no tarball')
    return { kind: 'publish', prepared: await this.#prepare(document, { principal, ...admitted, tarball: document.tarball }) }
  }

  /** What can be refused before the tarball is read is: how much that is depends on what stands before it in the document. */
  async #admit(principal: Principal, ref: PackageRef, soFar: PackageDocument<unknown>): Promise<Namespace> {
    checkName(packageText(ref), soFar)
    const version = soFar.versions.size === 0 ? undefined : soleVersion(soFar)
    return this.#parts.catalog.checkPublish(principal, { ...ref, type: 'module-node', guessed: true }, version)
  }

  async #prepare(document: PackageDocument<unknown>, { principal, ref, namespace, tarball }: Arrived): Promise<PreparedPublish> {
    const { tarballs } = this.#parts
    const { inspected } = tarball
    const version = soleVersion(document)
    const sent = document.firstManifest ?? {}
    const tags = tagsOf(document.distTags, version)
    const visibility = visibilityOf(document.access, namespace)
    checkDist(sent['dist'], inspected)
    const described = tarballs.describe(inspected, extrasOf(sent, principal.username))
    const name = packageText(ref)
    if (described.description.manifest.name !== name) throw new ManifestMismatch('name')
    if (described.description.manifest.version !== version) throw new ManifestMismatch('version')
    const difference = tarballs.difference(described, sent, inspected)
    if (difference !== undefined) throw new ManifestMismatch(difference)
    if (described.isPrivate) throw new PackagePrivate()
    const bundle = await this.#verified(document.bundle, { name: purlOf(name, version), sha512: inspected.sha512 })
    const { description, type, metadata } = described
    return {
      ...{ ref, version, tags, metadata, blob: await tarball.store() },
      target: {
        ...ref,
        ...(type === undefined ? { type: 'module-node', guessed: true } : { type }),
        ...(visibility && { visibility }),
        ...(tags.includes('latest') && typeof metadata['description'] === 'string' && { description: metadata['description'] }),
      },
      description: { ...description, dist: { ...description.dist, ...attested(bundle, `${name}@${version}`) } },
      ...(bundle && { bundle }),
      ...(tarball.content && { content: tarball.content }),
    }
  }

  async #verified(
    bundle: string | undefined,
    subject: { readonly name: string; readonly sha512: string },
  ): Promise<VerifiedBundle | undefined> {
    return bundle === undefined ? undefined : this.#parts.bundleVerifier.verify(parseJson(Buffer.from(bundle)), subject)
  }

  async #entry(prepared: PreparedPublish, alsoWithin?: () => Promise<void>): Promise<StoredPublish> {
    const { packuments, packageAttestations, registryKeys } = this.#parts
    const { ref, version, target, tags, blob, content, description, metadata, bundle } = prepared
    const { dist } = description
    const signature = await registryKeys.sign(`${packageText(ref)}@${version}:${dist.integrity}`)
    return {
      ...{ target, version, tags, metadata, bare: true, keepsLatest: true, artifactType: packageType },
      layers: [{ ...blob, mediaType: tarballType, title: `${ref.name}-${version}.tgz` }],
      within: async (located, added) => {
        const described = { ...description, dist: { ...dist, signatures: [signature] }, tarballDigest: blob.digest }
        await packuments.add(located, added, { description: described, ...(content && { content }) })
        if (bundle) await packageAttestations.add(added.id, [bundle])
        await alsoWithin?.()
      },
    }
  }
}

interface Arrived {
  readonly principal: Principal
  readonly ref: PackageRef
  readonly namespace: Namespace
  readonly tarball: ReceivedTarball
}

/** Package URL, as npm names the subject of its statements. */
const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`

/** `dist.attestations` tells of provenance; other statements can be asked for at the same place. */
function attested(bundle: VerifiedBundle | undefined, spec: string): Pick<PackageDescription['dist'], 'attestations'> {
  if (!bundle || !provenanceTypes.includes(bundle.predicateType)) return {}
  const url = `/npm/-/npm/v1/attestations/${spec.replace('/', '%2f')}`
  return { attestations: { url, provenance: { predicateType: bundle.predicateType } } }
}

export const PackagePublishing = service<PackagePublisher>('npm.publishing')
