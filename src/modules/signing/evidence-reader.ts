import { createHash } from 'node:crypto'
import { proofTypeOf } from '../../shared/types/accessory.ts'
import type { Blobs, Manifests } from '../artifacts/contract.ts'
import { type Document, type LayerDescriptor, readDocument } from './signature-manifest.ts'
import type { CosignSignature } from './verification/cosign.ts'
import type { Evidence } from './verification/verdict.ts'

export interface EvidenceReaderDeps {
  readonly blobs: Pick<Blobs, 'open'>
  readonly manifests: Pick<Manifests, 'get'>
}

/** Layers of one manifest that are looked at; signatures pushed with one tag pile up in it. */
const maxLayers = 50
const maxLayerBytes = 256 * 1024
const maxManifestBytes = 1024 * 1024
const annotation = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  bundle: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const

/** Bytes that may still be read for one purpose. */
interface Budget {
  left: number
}
const newBudget = (): Budget => ({ left: maxManifestBytes })

/** Takes proofs out of manifests that clients have pushed. */
export class EvidenceReader {
  readonly #deps: EvidenceReaderDeps
  constructor(deps: EvidenceReaderDeps) {
    this.#deps = deps
  }

  /** Empty when the manifest is gone. */
  async read(artifactId: string, manifestDigest: string, budget: Budget): Promise<readonly Evidence[]> {
    const document = await this.#document(artifactId, manifestDigest, budget)
    return document ? this.readAll(artifactId, document, budget) : []
  }

  /** Undefined when it is gone. Reads no further than to where it is. */
  async find(artifactId: string, manifestDigest: string, evidenceHash: string): Promise<Evidence | undefined> {
    const budget = newBudget()
    const document = await this.#document(artifactId, manifestDigest, budget)
    if (!document) return undefined
    for await (const evidence of this.#newestFirst(artifactId, document, budget)) if (hashOf(evidence) === evidenceHash) return evidence
    return undefined
  }

  /** As they are listed; the newest ones where not all can be read. */
  async readAll(artifactId: string, document: Document, budget = newBudget()): Promise<readonly Evidence[]> {
    const found: Evidence[] = []
    for await (const evidence of this.#newestFirst(artifactId, document, budget)) found.push(evidence)
    return found.reverse()
  }

  async #document(artifactId: string, manifestDigest: string, budget: Budget): Promise<Document | undefined> {
    if (budget.left <= 0) return undefined
    const stored = await this.#deps.manifests.get(artifactId, manifestDigest)
    if (!stored) return undefined
    budget.left -= stored.content.length
    return budget.left > 0 ? readDocument(stored.content) : undefined
  }

  /** The newest is the last one: cosign appends. */
  async *#newestFirst(artifactId: string, { layers = [] }: Document, budget: Budget): AsyncGenerator<Evidence> {
    for (const layer of layers.slice(-maxLayers).toReversed()) {
      const evidence = await this.#readLayer(artifactId, layer, Math.min(maxLayerBytes, budget.left))
      budget.left -= evidence?.value.length ?? 0
      if (budget.left <= 0) return
      if (evidence) yield evidence
    }
  }

  async #readLayer(artifactId: string, layer: LayerDescriptor, maxBytes: number): Promise<Evidence | undefined> {
    const type = proofTypeOf(layer.mediaType)
    if (!type || layer.size > maxBytes) return undefined
    const blob = await this.#deps.blobs.open(artifactId, layer.digest)
    if (!blob || blob.sizeBytes > maxBytes) return undefined
    const chunks: Buffer[] = []
    for await (const chunk of await blob.read()) chunks.push(chunk as Buffer)
    const content = Buffer.concat(chunks)
    if (type === 'bundle') return { kind: 'sigstore-bundle', value: content.toString('utf8') }
    return { kind: 'cosign', value: JSON.stringify(partsOf(content, layer.annotations ?? {})) }
  }
}

function partsOf(content: Buffer, annotations: Readonly<Record<string, string>>): CosignSignature {
  const named = Object.entries(annotation).flatMap(([name, key]) => {
    const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  return { payload: content.toString('base64'), ...Object.fromEntries(named) }
}

/** One proof has one row, however often it comes. */
export const hashOf = ({ kind, value }: Evidence): string => createHash('sha256').update(`${kind}\n${value}`).digest('hex')
