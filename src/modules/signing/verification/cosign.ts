import { createHash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { decodeBase64 } from './base64.ts'
import { certificatesOf } from './publisher-key.ts'
import { Refused } from './verdict.ts'

/** Annotations of a layer in the storage that cosign had before bundles (its `specs/SIGNATURE_SPEC.md`), with the layer itself. */
export const CosignSignature = Type.Object({
  payload: Type.String({ description: 'The layer, in base64.' }),
  /** Absent where the layer is an envelope that carries it. */
  signature: Type.Optional(Type.String({ maxLength: 4_000 })),
  certificate: Type.Optional(Type.String({ maxLength: 20_000 })),
  chain: Type.Optional(Type.String({ maxLength: 100_000 })),
  /** What Rekor answered. */
  bundle: Type.Optional(Type.String({ maxLength: 1_000_000 })),
  timestamp: Type.Optional(Type.String({ maxLength: 20_000 })),
})
export type CosignSignature = Static<typeof CosignSignature>

const RekorBundle = Type.Object({
  SignedEntryTimestamp: Type.String(),
  Payload: Type.Object({ body: Type.String(), integratedTime: Type.Integer(), logIndex: Type.Integer(), logID: Type.String() }),
})
const EntryHead = Type.Object({ kind: Type.String(), apiVersion: Type.String() })
const Timestamp = Type.Object({ SignedRFC3161Timestamp: Type.String() })

/** The same proof as a bundle v0.1, which is what those annotations became. Throws Refused. */
export function bundleOfCosign(parts: CosignSignature): { readonly bundle: object; readonly payload: Buffer } {
  const payload = Buffer.from(parts.payload, 'base64')
  const verificationMaterial = {
    ...signerOf(parts),
    tlogEntries: parts.bundle === undefined ? [] : [entryOf(parts.bundle)],
    ...(parts.timestamp !== undefined && { timestampVerificationData: { rfc3161Timestamps: [timestampOf(parts.timestamp)] } }),
  }
  return {
    bundle: { mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1', verificationMaterial, ...contentOf(parts, payload) },
    payload,
  }
}

function contentOf({ signature }: CosignSignature, payload: Buffer): object {
  if (signature === undefined || signature === '') return { dsseEnvelope: parse(payload.toString('utf8'), 'its envelope') }
  if (!decodeBase64(signature, 2_048)) throw new Refused('its signature is not in base64')
  const digest = createHash('sha256').update(payload).digest('base64')
  return { messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature } }
}

function signerOf({ certificate, chain = '' }: CosignSignature): object {
  if (certificate === undefined || certificate === '') return { publicKey: { hint: '' } }
  try {
    const certificates = certificatesOf(`${certificate}\n${chain}`)
    if (certificates.length === 0) throw new Refused('its certificate is not in PEM')
    return { x509CertificateChain: { certificates: certificates.map(({ raw }) => ({ rawBytes: raw.toString('base64') })) } }
  } catch (error) {
    throw error instanceof Refused ? error : new Refused('its certificate cannot be read')
  }
}

function entryOf(text: string): object {
  const answer = parse(text, 'its log entry')
  if (!Value.Check(RekorBundle, answer)) throw new Refused('its log entry is not one of Rekor')
  const { SignedEntryTimestamp: signedEntryTimestamp, Payload: entry } = answer
  const head = parse(Buffer.from(entry.body, 'base64').toString('utf8'), 'its log entry')
  if (!Value.Check(EntryHead, head)) throw new Refused('its log entry does not say what it is')
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') },
    kindVersion: { kind: head.kind, version: head.apiVersion },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    canonicalizedBody: entry.body,
  }
}

function timestampOf(text: string): object {
  const timestamp = parse(text, 'its timestamp')
  if (!Value.Check(Timestamp, timestamp)) throw new Refused('its timestamp is not one of RFC 3161')
  return { signedTimestamp: timestamp.SignedRFC3161Timestamp }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refused(`${what} is not JSON`)
  }
}
