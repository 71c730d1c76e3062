import { Value } from '@sinclair/typebox/value'
import type { SigningSettings } from '../settings.ts'
import { readJson, requireSimpleSigning } from './attested-digests.ts'
import type { BundleCheck, BundleVerdict } from './bundle.ts'
import { bundleOfCosign, CosignSignature } from './cosign.ts'
import type { PublisherKey } from './key-kinds.ts'
import { findOpenPgpSigner } from './openpgp.ts'
import { findRawSigners, messagesOf } from './raw-signature.ts'
import { type ProvenAt, requireAnyStanding, type Trust } from './trust.ts'
import { type Evidence, Refused, type SignedContent, type Verdict } from './verdict.ts'

export interface CheckRequest {
  readonly trust: Trust
  readonly content: SignedContent
  /** When this registry saw the proof first; null when that is now. */
  readonly seenAt: ProvenAt
}

/** Says of one proof whether a namespace trusts whoever made it, for what it was made about. */
export class SignatureCheck {
  readonly #settings: SigningSettings
  #bundles: Promise<BundleCheck> | undefined

  constructor(settings: SigningSettings) {
    this.#settings = settings
  }

  /** Never throws for what somebody sent: that is rejected, with the reason. */
  async check(evidence: Evidence, request: CheckRequest): Promise<Verdict> {
    const bundles = await this.#open()
    try {
      const trust = narrowed(request.trust, evidence.keyId)
      const found = await signerOf(bundles, evidence, { ...request, trust })
      return { status: 'verified', reason: null, providedDigest: null, ...found }
    } catch (error) {
      return refusalOf(error)
    }
  }

  /** Parsers of certificates and logs are loaded when the first signature comes. */
  #open(): Promise<BundleCheck> {
    this.#bundles ??= this.#load().catch((error: unknown) => {
      this.#bundles = undefined
      throw error
    })
    return this.#bundles
  }

  async #load(): Promise<BundleCheck> {
    const [{ BundleCheck }, { loadTrustMaterial }] = await Promise.all([import('./bundle.ts'), import('../trust-material.ts')])
    return new BundleCheck(await loadTrustMaterial(this.#settings), this.#settings)
  }
}

function narrowed(trust: Trust, keyId: string | undefined): Trust {
  if (keyId === undefined) return trust
  const keys = trust.keys.filter(({ id }) => id === keyId)
  if (keys.length === 0) throw new Refused('the key it names is not registered')
  return { ...trust, keys, identities: [] }
}

async function signerOf(bundles: BundleCheck, { kind, value }: Evidence, request: CheckRequest): Promise<BundleVerdict> {
  const { trust, content, seenAt } = request
  if (kind === 'sigstore-bundle') return bundles.check(readJson(Buffer.from(value), 'the bundle'), request)
  if (kind === 'cosign') return byCosign(bundles, value, request)
  const messages = messagesOf(content)
  const keys: readonly (PublisherKey | undefined)[] =
    kind === 'raw'
      ? findRawSigners(value, trust.keys, messages)
      : [await findOpenPgpSigner(value, trust.keys, { messages, at: seenAt ?? new Date() })]
  const [first, ...others] = keys.filter((key) => key !== undefined)
  if (!first) throw new Refused('no registered key made it over the digest of the manifest, or over its bytes (of at most 64 KiB)')
  const key = requireAnyStanding(trust, [first, ...others], seenAt)
  return { signer: { name: key.name, keyId: key.id, issuer: null }, signedAt: null, predicateType: null }
}

function byCosign(bundles: BundleCheck, value: string, request: CheckRequest): BundleVerdict {
  const parts = readJson(Buffer.from(value), 'the signature')
  if (!Value.Check(CosignSignature, parts)) throw new Refused('it is no signature of cosign')
  const { bundle, payload } = bundleOfCosign(parts)
  const isEnvelope = parts.signature === undefined || parts.signature === ''
  if (!isEnvelope) requireSimpleSigning(payload, request.content.manifestDigest)
  return bundles.check(bundle, isEnvelope ? request : { ...request, message: payload })
}

/** Whatever a parser makes of hostile bytes is the fault of the proof. */
function refusalOf(error: unknown): Verdict {
  const { status, providedDigest } = error instanceof Refused ? error : new Refused('')
  return { status, reason: reasonOf(error).slice(0, 500), signer: null, predicateType: null, signedAt: null, providedDigest }
}

function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.message
  if (!(error instanceof Error)) return 'it is not well-formed'
  const isKnown = 'code' in error && typeof error.code === 'string' && /_ERROR$|^signing\./.test(error.code)
  return isKnown || error.constructor.name === 'ValidationError' ? error.message : 'it is not well-formed'
}
