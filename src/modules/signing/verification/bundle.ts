import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { type Bundle, bundleFromJSON } from '@sigstore/bundle'
import { type SignedEntity, type Signer as SigstoreSigner, type TrustMaterial, toSignedEntity, Verifier } from '@sigstore/verify'
import { statementType } from '../../../shared/types/signature-statement.ts'
import { attestedType, otherDigest } from './attested-digests.ts'
import { mayComeFrom, requireChain, subjectOf } from './certificate-chain.ts'
import type { PublisherKey } from './key-kinds.ts'
import { algorithmOf, certificatesOf, keyFingerprint } from './publisher-key.ts'
import { messagesOf, plainKeyOf } from './raw-signature.ts'
import { allowsIdentity, hasStanding, type ProvenAt, requireAnyStanding, requireStanding, type Trust } from './trust.ts'
import { Refused, type SignedContent, type Signer } from './verdict.ts'

export interface Thresholds {
  readonly tlogThreshold: number
  readonly ctlogThreshold: number
  readonly timestampThreshold: number
}

export interface BundleRequest {
  readonly trust: Trust
  readonly content: SignedContent
  /** When this registry saw it first. */
  readonly seenAt: ProvenAt
  /** Bytes that a message signature is about; without it, those `content` tells of. */
  readonly message?: Buffer
}

export interface BundleVerdict {
  readonly signer: Signer
  readonly signedAt: Date | null
  readonly predicateType: string | null
}

interface Chain {
  readonly leaf: X509Certificate
  readonly intermediates: readonly X509Certificate[]
}

/** Further authorities of one name that a chain is looked for to. */
const maxAuthorities = 10
const anyTime = () => true
const none: Thresholds = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }

/** Sigstore bundles v0.1 to v0.3 whose signer a namespace trusts: a registered key, a certificate of a registered authority, or an allowed identity. */
export class BundleCheck {
  readonly #material: TrustMaterial
  readonly #thresholds: Thresholds

  constructor(material: TrustMaterial, thresholds: Thresholds) {
    this.#material = material
    this.#thresholds = thresholds
  }

  /** Throws Refused, or what a parser of hostile bytes throws. */
  check(value: unknown, request: BundleRequest): BundleVerdict {
    const bundle = bundleFromJSON(value)
    const { predicateType, message } = aboutOf(bundle, request)
    const entity = withEd25519(toSignedEntity(bundle, message), message)
    const found = this.#signerOf(bundle, entity, request)
    return { ...found, predicateType }
  }

  #signerOf(bundle: Bundle, entity: SignedEntity, request: BundleRequest): Omit<BundleVerdict, 'predicateType'> {
    const { content } = bundle.verificationMaterial
    if (content.$case === 'publicKey') return this.#byKey(entity, content.publicKey.hint, request)
    const raw = content.$case === 'certificate' ? [content.certificate] : content.x509CertificateChain.certificates
    const [leaf, ...intermediates] = raw.slice(0, 10).map(({ rawBytes }) => new X509Certificate(rawBytes))
    if (!leaf) throw new Refused('it has no certificate')
    const pinned = request.trust.keys.find(
      ({ kind, material }) => kind === 'certificate' && new X509Certificate(material).raw.equals(leaf.raw),
    )
    if (pinned) return this.#byKey(entity, keyFingerprint(leaf.publicKey), request)
    return this.#byAuthority(entity, { leaf, intermediates }, request) ?? this.#byIdentity(entity, request)
  }

  /** The hint says which one to try first; it is a hint, and made in different ways. */
  #byKey(entity: SignedEntity, hint: string, { trust, seenAt }: BundleRequest): Omit<BundleVerdict, 'predicateType'> {
    const [first, ...others] = inHintedOrder(trust.keys, hint).filter((key) => {
      const publicKey = plainKeyOf(key)
      return publicKey !== undefined && entity.signature.verifySignature(publicKey)
    })
    const publicKey = first && plainKeyOf(first)
    if (!first || !publicKey) throw new Refused('no registered key made its signature')
    const signedAt = this.#timeOf(entity, publicKey)
    const key = requireAnyStanding(trust, [first, ...others], signedAt ?? seenAt)
    return { signer: { name: key.name, keyId: key.id, issuer: null }, signedAt }
  }

  /** Undefined when no registered authority is behind it. */
  #byAuthority(entity: SignedEntity, chain: Chain, { trust, seenAt }: BundleRequest): Omit<BundleVerdict, 'predicateType'> | undefined {
    const { leaf } = chain
    const [first, ...others] = trust.keys.filter(
      ({ kind, material }) => kind === 'authority' && mayComeFrom({ ...chain, anchors: certificatesOf(material) }),
    )
    if (!first) return undefined
    algorithmOf(leaf.publicKey)
    if (!entity.signature.verifySignature(leaf.publicKey)) throw new Refused('its signature is not one of its certificate')
    const signedAt = this.#timeOf(entity, leaf.publicKey)
    const provenAt = signedAt ?? seenAt
    const authority = requireAuthority(chain, [first, ...others], { trust, provenAt })
    return { signer: { name: subjectOf(leaf), keyId: authority.id, issuer: authority.name }, signedAt }
  }

  #byIdentity(entity: SignedEntity, { trust }: BundleRequest): Omit<BundleVerdict, 'predicateType'> {
    if (this.#material.certificateAuthorities.length === 0)
      throw new Refused('its certificate is of no registered authority, and this registry has no trusted root (signing.trustedRoot)')
    // The library looks at the chain of a certificate once for every timestamp, and so not at all where there is none.
    if (entity.timestamps.length === 0) throw new Refused('it has no timestamp to tell whether its certificate was valid')
    const { identity } = new Verifier(this.#material, { ...this.#thresholds }).verify(entity)
    const { subject, issuer } = identityOf(identity)
    if (!allowsIdentity(trust, { subject, issuer }))
      throw new Refused(`the signing policy does not allow the identity ${subject.slice(0, 300)} of ${issuer.slice(0, 200)}`)
    return { signer: { name: subject, keyId: null, issuer }, signedAt: timeIn(entity) }
  }

  /** Logs and timestamps count where the operator trusts some, and have to be right then; elsewhere they say nothing. */
  #timeOf(entity: SignedEntity, publicKey: SigstoreSigner['key']): Date | null {
    const { tlogs, timestampAuthorities } = this.#material
    const known: SignedEntity = {
      ...entity,
      key: { $case: 'public-key', hint: '' },
      tlogEntries: tlogs.length > 0 ? entity.tlogEntries : [],
      timestamps: entity.timestamps.filter(({ $case }) => ($case === 'transparency-log' ? tlogs : timestampAuthorities).length > 0),
    }
    const material = { ...this.#material, publicKey: () => ({ publicKey, validFor: anyTime }) }
    new Verifier(material, { ...none }).verify(known)
    return timeIn(known)
  }
}

/**
 * The first one that is behind the certificate and counts: a renewed authority has the name, and maybe the key, of the one before. Throws Refused with what
 * is wrong with the first when there is none.
 */
function requireAuthority(
  chain: Chain,
  [first, ...others]: readonly [PublisherKey, ...PublisherKey[]],
  { trust, provenAt }: { readonly trust: Trust; readonly provenAt: ProvenAt },
): PublisherKey {
  const check = (authority: PublisherKey): PublisherKey => {
    requireChain({ ...chain, anchors: certificatesOf(authority.material), at: provenAt ?? new Date() })
    requireStanding(trust, authority, provenAt)
    return authority
  }
  try {
    return check(first)
  } catch (error) {
    for (const other of others.filter((one) => hasStanding(trust, one, provenAt)).slice(0, maxAuthorities))
      try {
        return check(other)
      } catch {
        // What is wrong with the first is told.
      }
    throw error
  }
}

/** What it signs, after what it says about it was compared with the manifest. */
function aboutOf(
  bundle: Bundle,
  { content, message }: BundleRequest,
): { readonly predicateType: string | null; readonly message?: Buffer } {
  if (bundle.content.$case === 'dsseEnvelope') {
    const { payload, payloadType } = bundle.content.dsseEnvelope
    if (payloadType !== statementType) throw new Refused('its payload is no in-toto statement')
    return { predicateType: attestedType(Buffer.from(payload), content.manifestDigest) }
  }
  const { messageDigest } = bundle.content.messageSignature
  const messages = message ? [message] : messagesOf(content)
  const digest = Buffer.from(messageDigest.digest)
  const found = messages.find((bytes) => createHash('sha256').update(bytes).digest().equals(digest))
  if (!found) throw otherDigest(`sha256:${digest.toString('hex')}`)
  return { predicateType: null, message: found }
}

/** The library asks for a hash with every message, which Ed25519 has no use for. */
function withEd25519(entity: SignedEntity, message: Buffer | undefined): SignedEntity {
  const { signature } = entity
  if (!message) return entity
  const verifySignature = (key: KeyObject): boolean =>
    key.asymmetricKeyType === 'ed25519' ? verify(null, message, key, signature.signature) : signature.verifySignature(key)
  const content = {
    signature: signature.signature,
    compareSignature: (bytes: Buffer) => signature.compareSignature(bytes),
    compareDigest: (digest: Buffer) => signature.compareDigest(digest),
    compareSignedDigest: (digest: Buffer) => signature.compareSignedDigest(digest),
    verifySignature,
  }
  return { ...entity, signature: content }
}

function inHintedOrder(keys: Trust['keys'], hint: string): Trust['keys'] {
  if (hint === '') return keys
  const isHinted = (key: Trust['keys'][number]): boolean => {
    const publicKey = plainKeyOf(key)
    if (!publicKey) return false
    const fingerprint = keyFingerprint(publicKey)
    const hex = fingerprint.slice('SHA256:'.length)
    return [fingerprint, hex, Buffer.from(hex, 'hex').toString('base64')].includes(hint)
  }
  const { hinted = [], others = [] } = Object.groupBy(keys, (key) => (isHinted(key) ? 'hinted' : 'others'))
  return [...hinted, ...others]
}

/** The earliest; only entries with a promise of the log have a time that it signed. */
function timeIn({ timestamps }: SignedEntity): Date | null {
  const times = timestamps.flatMap((one) => {
    if (one.$case === 'timestamp-authority') return [one.timestamp.signingTime.getTime()]
    return one.tlogEntry.inclusionPromise ? [Number(one.tlogEntry.integratedTime) * 1_000] : []
  })
  return times.length > 0 ? new Date(Math.min(...times)) : null
}

function identityOf(identity: SigstoreSigner['identity']): { readonly subject: string; readonly issuer: string } {
  const subject = identity?.subjectAlternativeName
  if (subject === undefined) throw new Refused('its certificate names nobody')
  return { subject, issuer: identity?.extensions?.issuer ?? '' }
}
