import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock'
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs'

export const provenanceType = 'https://slsa.dev/provenance/v1'
export const identity = 'https://github.com/acme/widget/.github/workflows/publish.yml@refs/heads/main'
export const issuer = 'https://token.actions.githubusercontent.com'

const fulcioIssuer = '1.3.6.1.4.1.57264.1.8'
const pair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })
const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
export const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex')

export interface Signing {
  readonly name?: string
  readonly sha512?: string
  readonly predicateType?: string
  readonly statement?: unknown
  readonly payloadType?: string
  /** More of the certificate, by OID; `legacy` ones are plain text. */
  readonly extensions?: readonly { readonly oid: string; readonly value: string; readonly legacy?: boolean }[]
  /** Of the entry in the log. */
  readonly loggedAt?: Date
}

type Json = Record<string, unknown>

/** What the log answers with, as far as a bundle carries it. */
interface LogEntry {
  readonly body: string
  readonly integratedTime: number
  readonly logID: string
  readonly logIndex: number
  readonly verification: {
    readonly signedEntryTimestamp: string
    readonly inclusionProof: {
      readonly logIndex: number
      readonly treeSize: number
      readonly rootHash: string
      readonly checkpoint: string
    }
  }
}
export interface SerializedBundle {
  readonly mediaType: string
  readonly verificationMaterial: Json
  readonly dsseEnvelope: {
    payload: string
    readonly payloadType: string
    readonly signatures: readonly { readonly sig: string; readonly keyid: string }[]
  }
}

interface MessageSigning {
  readonly privateKey?: KeyObject
  readonly loggedAt?: Date
  readonly unlogged?: boolean
}
export interface MessageBundle {
  readonly mediaType: string
  readonly verificationMaterial: Json
  readonly messageSignature: { readonly messageDigest: { readonly algorithm: string; readonly digest: string }; readonly signature: string }
}

/** A certificate authority with its logs, as sigstore.dev has them. */
export async function openSigstore() {
  const logKeys = pair()
  const ctLogKeys = pair()
  const ctLog = await initializeCTLog(ctLogKeys)
  const caKeys = pair()
  const authority = await initializeCA(caKeys, ctLog)
  const log = await initializeTLog('https://rekor.example.org', logKeys)

  const validFor = { start: new Date(Date.now() - 30 * 86_400_000), end: undefined }
  const logInstance = (key: Buffer) => ({
    ...{ baseUrl: 'https://rekor.example.org', hashAlgorithm: HashAlgorithm.SHA2_256, operator: '', checkpointKeyId: undefined },
    publicKey: { rawBytes: key, keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256, validFor },
    logId: { keyId: sha256(key) },
  })
  const trustedRoot = (): unknown =>
    TrustedRoot.toJSON({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logInstance(spki(logKeys.publicKey))],
      ctlogs: [logInstance(spki(ctLogKeys.publicKey))],
      certificateAuthorities: [
        {
          ...{
            subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
            uri: 'https://fulcio.example.org',
            operator: '',
            validFor,
          },
          certChain: { certificates: [{ rawBytes: Buffer.from(authority.rootCertificate as Buffer) }] },
        },
      ],
      timestampAuthorities: [],
    })

  const entered = async (kind: string, spec: object, at?: Date) => {
    const atThatTime = at ? await initializeTLog('https://rekor.example.org', logKeys, at) : log
    const entries = await atThatTime.log({ apiVersion: '0.0.1', kind, spec })
    const [entry] = Object.values(entries as Readonly<Record<string, LogEntry>>)
    const proof = entry?.verification.inclusionProof
    if (!entry || !proof) throw new Error('nothing was logged')
    return {
      logIndex: String(entry.logIndex),
      logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') },
      kindVersion: { kind, version: '0.0.1' },
      integratedTime: String(entry.integratedTime),
      inclusionPromise: { signedEntryTimestamp: entry.verification.signedEntryTimestamp },
      inclusionProof: {
        ...{ logIndex: String(proof.logIndex), treeSize: String(proof.treeSize), hashes: [] },
        ...{ rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'), checkpoint: { envelope: proof.checkpoint } },
      },
      canonicalizedBody: entry.body,
    }
  }
  const logged = (envelope: SerializedBundle['dsseEnvelope'], verifier: string, at?: Date) =>
    entered(
      'dsse',
      {
        payloadHash: { algorithm: 'sha256', value: sha256(Buffer.from(envelope.payload, 'base64')).toString('hex') },
        signatures: envelope.signatures.map(({ sig }) => ({ signature: sig, verifier })),
      },
      at,
    )
  const certify = async (key: KeyObject, extensions: Signing['extensions'] = [], ca = authority): Promise<string> => {
    const certificate = await ca.issueCertificate({
      publicKey: spki(key) as Buffer<ArrayBuffer>,
      subjectAltName: identity,
      extensions: [{ oid: fulcioIssuer, value: issuer }, ...extensions],
    })
    return Buffer.from(certificate as Buffer).toString('base64')
  }

  /** As npm makes one for `npm publish --provenance`. */
  const bundle = async (signing: Signing = {}): Promise<SerializedBundle> => {
    const { publicKey, privateKey } = pair()
    const rawBytes = await certify(publicKey, signing.extensions)
    const dsseEnvelope = signed(signing, privateKey)
    const entry = await logged(dsseEnvelope, rawBytes, signing.loggedAt)
    return {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { certificate: { rawBytes }, tlogEntries: [entry] },
      dsseEnvelope,
    }
  }
  /** As the public npm registry signs its publish attestations. */
  const keyBundle = async (privateKey: KeyObject, hint: string, signing: Signing = {}): Promise<SerializedBundle> => {
    const dsseEnvelope = signed(signing, privateKey)
    const entry = await logged(dsseEnvelope, '')
    return {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint }, tlogEntries: [entry] },
      dsseEnvelope,
    }
  }
  /** A signature over bytes, as `cosign sign-blob` makes one: with a key, or with a certificate of the authority. */
  const messageBundle = async (message: Buffer, { privateKey, loggedAt, unlogged }: MessageSigning = {}): Promise<MessageBundle> => {
    const made = pair()
    const signature = sign('sha256', message, privateKey ?? made.privateKey).toString('base64')
    const rawBytes = await certify(made.publicKey)
    const digest = sha256(message)
    const entry = await entered(
      'hashedrekord',
      {
        data: { hash: { algorithm: 'sha256', value: digest.toString('hex') } },
        signature: { content: signature, publicKey: { content: '' } },
      },
      loggedAt,
    )
    return {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        ...(privateKey ? { publicKey: { hint: '' } } : { certificate: { rawBytes } }),
        tlogEntries: unlogged ? [] : [entry],
      },
      messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest: digest.toString('base64') }, signature },
    }
  }
  /** The same authority, whose certificates another certificate log has seen. */
  const strangeSct = async (signing: Signing = {}): Promise<SerializedBundle> => {
    const { publicKey, privateKey } = pair()
    const rawBytes = await certify(publicKey, [], await initializeCA(caKeys, await initializeCTLog(pair())))
    const dsseEnvelope = signed(signing, privateKey)
    const tlogEntries = [await logged(dsseEnvelope, rawBytes)]
    return {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { certificate: { rawBytes }, tlogEntries },
      dsseEnvelope,
    }
  }
  return { trustedRoot, bundle, keyBundle, messageBundle, strangeSct }
}

function signed(signing: Signing, privateKey: KeyObject): SerializedBundle['dsseEnvelope'] {
  const { name = 'pkg:npm/%40acme/widget@1.0.0', sha512: digest = sha512('tarball'), predicateType = provenanceType } = signing
  const { payloadType = 'application/vnd.in-toto+json' } = signing
  const statement = signing.statement ?? {
    ...{ _type: 'https://in-toto.io/Statement/v1', predicateType, predicate: { buildDefinition: {} } },
    subject: [{ name, digest: { sha512: digest } }],
  }
  const payload = Buffer.from(JSON.stringify(statement))
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `
  const sig = sign('sha256', Buffer.concat([Buffer.from(head), payload]), privateKey).toString('base64')
  return { payload: payload.toString('base64'), payloadType, signatures: [{ sig, keyid: '' }] }
}
