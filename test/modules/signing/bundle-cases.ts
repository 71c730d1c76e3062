import type { Trust } from '../../../src/modules/signing/verification/trust.ts'
import type { Evidence } from '../../../src/modules/signing/verification/verdict.ts'
import {
  ago,
  b64,
  bundled,
  type Case,
  day,
  type Keys,
  manifest,
  manifestDigest,
  sha256,
  simpleSigning,
  statementAbout,
} from './signature-keys.ts'
import { identity, issuer, type openSigstore, type SerializedBundle } from './sigstore-instance.ts'

type Sigstore = Awaited<ReturnType<typeof openSigstore>>

export async function bundleCases({ ec, stranger, old, trust }: Keys, sigstore: Sigstore): Promise<Case[]> {
  const about = { statement: statementAbout(manifestDigest) }
  const keyless = await sigstore.bundle(about)
  const logged = await sigstore.messageBundle(manifest)
  const byKey = await sigstore.keyBundle(ec.privateKey, 'a hint', about)
  const material = keyless.verificationMaterial as { certificate: { rawBytes: string }; tlogEntries: readonly Record<string, unknown>[] }
  const chained = { x509CertificateChain: { certificates: [material.certificate] }, tlogEntries: material.tlogEntries }
  const v01 = 'application/vnd.dev.sigstore.bundle+json;version=0.1'
  const v02 = 'application/vnd.dev.sigstore.bundle+json;version=0.2'
  const envelope = (more: object): SerializedBundle => ({ ...keyless, dsseEnvelope: { ...keyless.dsseEnvelope, ...more } })
  const other = await sigstore.bundle(about)
  const entry = { ...material.tlogEntries[0], integratedTime: String(Math.floor(Date.now() / 1_000) + 100) }
  const text = JSON.stringify(keyless)
  const nobody: Trust = { ...trust, identities: [{ subject: identity, issuer: 'https://issuer.example.org' }] }
  const narrow: Trust = { ...trust, identities: [{ subject: 'https://github.com/acme/other/*', issuer }] }
  const sbom = statementAbout(manifestDigest, 'https://cyclonedx.org/bom')
  const annotated = await annotations(sigstore)
  const undated = { ...annotated, bundle: undefined }
  const wrongTime = {
    ...annotated,
    bundle: annotated.bundle.replace(/"integratedTime":\d+/, `"integratedTime":${Math.floor(Date.now() / 1_000) + 60}`),
  }
  const cosign = (parts: object): Evidence => ({ kind: 'cosign', value: JSON.stringify(parts) })
  return [
    { name: 'cosign, an allowed identity', evidence: cosign(annotated), expected: 'verified' },
    {
      name: 'cosign, another identity',
      evidence: cosign(annotated),
      trust: narrow,
      expected: 'rejected',
      reason: /does not allow the identity/,
    },
    { name: 'cosign, an identity without a log entry', evidence: cosign(undated), expected: 'rejected', reason: /no timestamp/ },
    { name: 'cosign, a log entry of another time', evidence: cosign(wrongTime), expected: 'rejected', reason: /inclusion promise/ },
    { name: 'bundle v0.3, an allowed identity', evidence: bundled(keyless), expected: 'verified' },
    { name: 'bundle v0.2', evidence: bundled({ ...keyless, mediaType: v02, verificationMaterial: chained }), expected: 'verified' },
    { name: 'bundle v0.1', evidence: bundled({ ...keyless, mediaType: v01, verificationMaterial: chained }), expected: 'verified' },
    { name: 'bundle of the bytes', evidence: bundled(logged), expected: 'verified' },
    { name: 'bundle of the digest', evidence: bundled(await sigstore.messageBundle(Buffer.from(manifestDigest))), expected: 'verified' },
    { name: 'bundle of a registered key, in the log', evidence: bundled(byKey), expected: 'verified' },
    {
      name: 'bundle of a registered key, not in a log',
      evidence: bundled(await sigstore.messageBundle(manifest, { privateKey: ec.privateKey, unlogged: true })),
      expected: 'verified',
    },
    {
      name: 'bundle of an expired key, logged while it was good',
      evidence: bundled(await sigstore.messageBundle(manifest, { privateKey: old.privateKey, loggedAt: ago(2 * day) })),
      expected: 'verified',
    },
    { name: 'attestation of an allowed identity', evidence: bundled(await sigstore.bundle({ statement: sbom })), expected: 'verified' },
    {
      name: 'bundle of an expired key, logged too late',
      evidence: bundled(await sigstore.messageBundle(manifest, { privateKey: old.privateKey })),
      expected: 'expired',
    },
    {
      name: 'bundle of an unknown key',
      evidence: bundled(await sigstore.keyBundle(stranger.privateKey, 'ec', about)),
      expected: 'rejected',
      reason: /no registered key/,
    },
    {
      name: 'bundle about another manifest',
      evidence: bundled(await sigstore.bundle({ statement: statementAbout(sha256('other')) })),
      expected: 'rejected',
      reason: /it is about sha256:/,
    },
    {
      name: 'bundle of other bytes',
      evidence: bundled(await sigstore.messageBundle(Buffer.from('other'))),
      expected: 'rejected',
      reason: /it is about sha256:/,
    },
    {
      name: 'bundle of an identity of another issuer',
      evidence: bundled(keyless),
      trust: nobody,
      expected: 'rejected',
      reason: /does not allow the identity/,
    },
    {
      name: 'bundle of another identity',
      evidence: bundled(keyless),
      trust: narrow,
      expected: 'rejected',
      reason: /does not allow the identity/,
    },
    {
      name: 'bundle logged after its certificate ended',
      evidence: bundled(await sigstore.bundle({ ...about, loggedAt: ago(-3_600_000) })),
      expected: 'rejected',
      reason: /certificate/i,
    },
    {
      name: 'bundle whose certificate another log has seen',
      evidence: bundled(await sigstore.strangeSct(about)),
      expected: 'rejected',
      reason: /SCT/,
    },
    {
      name: 'bundle without a log entry',
      evidence: bundled({ ...keyless, verificationMaterial: { ...material, tlogEntries: [] } }),
      expected: 'rejected',
      reason: /no timestamp/,
    },
    {
      name: 'bundle with a log entry of another time',
      evidence: bundled({ ...keyless, verificationMaterial: { ...material, tlogEntries: [entry] } }),
      expected: 'rejected',
      reason: /inclusion|SET|promise/i,
    },
    {
      name: 'bundle with the log entry of another signature',
      evidence: bundled({
        ...keyless,
        verificationMaterial: { ...material, tlogEntries: (other.verificationMaterial as typeof material).tlogEntries },
      }),
      expected: 'rejected',
      reason: /mismatch/,
    },
    {
      name: 'bundle with the envelope of another signature',
      evidence: bundled({ ...keyless, dsseEnvelope: other.dsseEnvelope }),
      expected: 'rejected',
      reason: /mismatch|signature/,
    },
    {
      name: 'bundle with a changed payload',
      evidence: bundled(envelope({ payload: b64(Buffer.from(JSON.stringify({ ...statementAbout(manifestDigest), predicate: 1 }))) })),
      expected: 'rejected',
      reason: /mismatch|signature/,
    },
    {
      name: 'bundle of another payload type',
      evidence: bundled(envelope({ payloadType: 'text/plain' })),
      expected: 'rejected',
      reason: /no in-toto statement/,
    },
    {
      name: 'bundle with two signatures',
      evidence: bundled(envelope({ signatures: [...keyless.dsseEnvelope.signatures, ...other.dsseEnvelope.signatures] })),
      expected: 'rejected',
    },
    {
      name: 'bundle of another media type',
      evidence: bundled({ ...keyless, mediaType: 'application/json' }),
      expected: 'rejected',
      reason: /invalid bundle/,
    },
    {
      name: 'bundle v0.3 with a chain',
      evidence: bundled({ ...keyless, verificationMaterial: chained }),
      expected: 'rejected',
      reason: /invalid bundle/,
    },
    {
      name: 'bundle cut short',
      evidence: { kind: 'sigstore-bundle', value: text.slice(0, text.length / 2) },
      expected: 'rejected',
      reason: /not JSON/,
    },
    {
      name: 'bundle with a certificate that is none',
      evidence: bundled({ ...keyless, verificationMaterial: { ...material, certificate: { rawBytes: 'AAAA' } } }),
      expected: 'rejected',
    },
    { name: 'bundle that is a list', evidence: bundled([keyless]), expected: 'rejected' },
    {
      name: 'bundle nested without end',
      evidence: { kind: 'sigstore-bundle', value: `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
      expected: 'rejected',
    },
  ]
}

/** What cosign annotates a layer with, for a certificate of the authority. */
async function annotations(sigstore: Sigstore) {
  const payload = simpleSigning(manifestDigest)
  const { verificationMaterial, messageSignature } = await sigstore.messageBundle(payload)
  const { certificate, tlogEntries } = verificationMaterial as {
    certificate: { rawBytes: string }
    tlogEntries: {
      logId: { keyId: string }
      logIndex: string
      integratedTime: string
      canonicalizedBody: string
      inclusionPromise: { signedEntryTimestamp: string }
    }[]
  }
  const [entry] = tlogEntries
  if (!entry) throw new Error('nothing was logged')
  const bundle = {
    SignedEntryTimestamp: entry.inclusionPromise.signedEntryTimestamp,
    Payload: {
      ...{ body: entry.canonicalizedBody, integratedTime: Number(entry.integratedTime), logIndex: Number(entry.logIndex) },
      logID: Buffer.from(entry.logId.keyId, 'base64').toString('hex'),
    },
  }
  const lines = certificate.rawBytes.match(/.{1,64}/g) ?? []
  return {
    ...{ payload: b64(payload), signature: messageSignature.signature, bundle: JSON.stringify(bundle) },
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  }
}
