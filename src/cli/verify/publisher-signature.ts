import { constants, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isSigningType, statementType } from '../../shared/types/signature-statement.ts'
import { Failure, messageOf, usage } from '../failure.ts'
import type { Bundle } from './bundle.ts'

type PublisherSignature = Bundle['proof']['publisherSignatures'][number]

/** Which one RSA keys sign with: PKCS #1 v1.5 is what cosign and Sigstore do, as the registry takes it. */
type RsaScheme = 'pss' | 'pkcs1'

/** A key of a publisher that the caller trusts: `made` says whether it signed one of the messages. */
interface TrustedKey {
  made(signature: Buffer, messages: readonly Buffer[], rsa: RsaScheme): boolean
  /** Of OpenPGP: detached, armored or base64. */
  madePgp(signature: string, messages: readonly Buffer[]): Promise<boolean>
}

/** What a signature is about, and the messages it may be over. */
interface Signed {
  readonly digest: string
  readonly manifest: Buffer
  readonly messages: readonly Buffer[]
}

/** What the log says that the manifest is. */
export interface Published {
  readonly digest: string
  readonly name: string
  /** Null for a tag of no version. */
  readonly version: string | null
}

/**
 * Kind of the signature that the key made over the manifest; `-of-file` behind it says that it is over the bytes alone, of which the registry said that
 * they were published under this name. Throws a Failure when there is none; a usage error for a file that is no key.
 */
export async function checkPublisher({ proof, manifest }: Bundle, published: Published, keyFile: string): Promise<string> {
  const key = await readTrustedKey(keyFile)
  const { digest } = published
  const bytes = Buffer.from(manifest, 'base64')
  const whole: Signed = { digest, manifest: bytes, messages: [Buffer.from(digest), bytes] }
  for (const signature of proof.publisherSignatures) if (await isMadeBy(key, signature, whole)) return signature.kind
  const ofFile: Signed = { ...whole, messages: fileOf(bytes, published) }
  for (const signature of proof.publisherSignatures) if (await isMadeBy(key, signature, ofFile)) return `${signature.kind}-of-file`
  const told = proof.publisherSignatures.length === 0 ? 'there is no signature of a publisher' : `none of its signatures is by ${keyFile}`
  throw new Failure(`verification failed: ${told}`)
}

interface BareManifest {
  readonly layers?: readonly { readonly digest?: unknown }[]
  readonly annotations?: Readonly<Record<string, unknown>>
}

/**
 * Digest of the one file of a publish of bytes, whose manifest nobody could know before; nothing for any other manifest. Such a signature says nothing
 * of what else a manifest says, so this one has to say no more than the name.
 */
function fileOf(manifest: Buffer, { name, version }: Published): readonly Buffer[] {
  const { layers = [], annotations = {} } = JSON.parse(manifest.toString()) as BareManifest
  const [only, ...others] = layers
  const isBare = version !== null && annotations['dev.gati.manifest'] === JSON.stringify({ name, version })
  return isBare && typeof only?.digest === 'string' && others.length === 0 ? [Buffer.from(only.digest)] : []
}

async function isMadeBy(key: TrustedKey, { kind, evidence }: PublisherSignature, signed: Signed): Promise<boolean> {
  if (evidence === null) return false
  try {
    if (kind === 'openpgp') return await key.madePgp(evidence, signed.messages)
    if (kind === 'raw') return key.made(Buffer.from(evidence, 'base64'), signed.messages, 'pss')
    return kind === 'cosign' ? isCosign(key, evidence, signed) : isBundle(key, JSON.parse(evidence), signed)
  } catch {
    // Evidence of another form than it should have proves nothing.
    return false
  }
}

/** cosign's specs/SIGNATURE_SPEC.md: the payload names the digest. */
function isCosign(key: TrustedKey, evidence: string, signed: Signed): boolean {
  const { payload, signature } = JSON.parse(evidence) as { payload: string; signature?: string }
  const bytes = Buffer.from(payload, 'base64')
  const parsed = JSON.parse(bytes.toString()) as { critical?: { image?: Record<string, unknown> } }
  if (signature === undefined || signature === '') return isEnvelope(key, parsed as Envelope, signed)
  return (
    parsed.critical?.image?.['docker-manifest-digest'] === signed.digest && key.made(Buffer.from(signature, 'base64'), [bytes], 'pkcs1')
  )
}

interface Envelope {
  readonly payload: string
  readonly payloadType: string
  readonly signatures: readonly { readonly sig: string }[]
}
interface SigstoreBundle {
  readonly dsseEnvelope?: Envelope
  readonly messageSignature?: { readonly signature: string }
}

function isBundle(key: TrustedKey, { dsseEnvelope, messageSignature }: SigstoreBundle, signed: Signed): boolean {
  if (dsseEnvelope) return isEnvelope(key, dsseEnvelope, signed)
  return messageSignature !== undefined && key.made(Buffer.from(messageSignature.signature, 'base64'), signed.messages, 'pkcs1')
}

interface Statement {
  readonly subject: readonly { readonly digest: Readonly<Record<string, string>> }[]
  readonly predicateType: string
}

/** DSSE with an in-toto statement about the digest that is a signature of it: another attestation approves of nothing. */
function isEnvelope(key: TrustedKey, { payload, payloadType, signatures }: Envelope, { digest }: Signed): boolean {
  const bytes = Buffer.from(payload, 'base64')
  const { subject, predicateType } = JSON.parse(bytes.toString()) as Statement
  const [algorithm = '', hex] = digest.split(':')
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${bytes.length} `
  const message = Buffer.concat([Buffer.from(head), bytes])
  return (
    payloadType === statementType &&
    isSigningType(predicateType) &&
    subject.some((each) => Object.hasOwn(each.digest, algorithm) && each.digest[algorithm] === hex) &&
    signatures.some(({ sig }) => key.made(Buffer.from(sig, 'base64'), [message], 'pkcs1'))
  )
}

async function readTrustedKey(file: string): Promise<TrustedKey> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usage(`${file} cannot be read: ${messageOf(error)}`)
  })
  try {
    return text.includes('BEGIN PGP')
      ? await pgpKey(text)
      : plainKey(text.includes('CERTIFICATE') ? new X509Certificate(text).publicKey : createPublicKey(text))
  } catch (error) {
    throw usage(`${file} holds no public key, in PEM or OpenPGP armor: ${messageOf(error)}`)
  }
}

const plainKey = (key: KeyObject): TrustedKey => ({
  made: (signature, messages, rsa) => messages.some((message) => isSignedBy(key, message, { signature, rsa })),
  madePgp: async () => false,
})

/** ECDSA in DER, Ed25519, RSA with SHA-256. */
function isSignedBy(key: KeyObject, message: Buffer, { signature, rsa }: { readonly signature: Buffer; readonly rsa: RsaScheme }): boolean {
  const { asymmetricKeyType: type } = key
  if (type === 'ed25519') return verify(null, message, key, signature)
  if (type === 'ec') return verify('sha256', message, { key, dsaEncoding: 'der' }, signature)
  // The scheme of a key that is for PSS alone is its own.
  if (rsa === 'pkcs1') return verify('sha256', message, key, signature)
  return verify('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature)
}

async function pgpKey(armoredKey: string): Promise<TrustedKey> {
  const { createMessage, readKey, readSignature, verify: verifyPgp } = await import('openpgp')
  const verificationKeys = await readKey({ armoredKey })
  const isMade = async (text: string, bytes: Buffer): Promise<boolean> => {
    const signature = await (text.includes('BEGIN PGP')
      ? readSignature({ armoredSignature: text })
      : readSignature({ binarySignature: new Uint8Array(Buffer.from(text, 'base64')) }))
    const message = await createMessage({ binary: new Uint8Array(bytes) })
    const { signatures } = await verifyPgp({ message, signature, verificationKeys, format: 'binary' })
    const verdicts = await Promise.all(signatures.map(({ verified }) => verified.catch(() => false)))
    return verdicts.includes(true)
  }
  return {
    made: () => false,
    async madePgp(text, messages) {
      for (const bytes of messages) if (await isMade(text, bytes)) return true
      return false
    },
  }
}
