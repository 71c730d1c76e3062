import { sign } from 'node:crypto'
import * as openpgp from 'openpgp'
import type { Trust } from '../../../src/modules/signing/verification/trust.ts'
import type { Evidence } from '../../../src/modules/signing/verification/verdict.ts'
import { codeSigning, type Issued, issue, serverAuth } from './certificates.ts'
import {
  ago,
  b64,
  blobDigest,
  type Case,
  cosigned,
  day,
  type Keys,
  keyOf,
  manifest,
  manifestDigest,
  pss,
  raw,
  sha256,
  simpleSigning,
} from './signature-keys.ts'

export function rawCases({ ec, stranger, lost, old, banned, ed, rsa, weak }: Keys): Case[] {
  const text = Buffer.from(manifestDigest)
  const made = sign('sha256', text, ec.privateKey)
  const good = b64(made)
  const unknown = /no registered key/
  const notBase64 = /no signature in base64/
  const value = (changed: string): Evidence => ({ kind: 'raw', value: changed })
  return [
    { name: 'ECDSA over the digest', evidence: raw(made), expected: 'verified' },
    { name: 'ECDSA over the bytes', evidence: raw(sign('sha256', manifest, ec.privateKey)), expected: 'verified' },
    {
      name: 'ECDSA over the digest of the only blob',
      evidence: raw(sign('sha256', Buffer.from(blobDigest), ec.privateKey)),
      expected: 'verified',
    },
    { name: 'Ed25519 over the digest', evidence: raw(sign(null, text, ed.privateKey)), expected: 'verified' },
    { name: 'RSA-PSS over the digest', evidence: raw(sign('sha256', text, { key: rsa.privateKey, ...pss })), expected: 'verified' },
    { name: 'by a registered key that is named', evidence: { ...raw(made), keyId: 'ec' }, expected: 'verified' },
    { name: 'RSA with PKCS #1 v1.5', evidence: raw(sign('sha256', text, rsa.privateKey)), expected: 'rejected', reason: unknown },
    {
      name: 'RSA of 1,024 bits',
      evidence: raw(sign('sha256', text, { key: weak.privateKey, ...pss })),
      expected: 'rejected',
      reason: unknown,
    },
    { name: 'another key than the one that is named', evidence: { ...raw(made), keyId: 'ed' }, expected: 'rejected', reason: unknown },
    {
      name: 'a key that is named and not registered',
      evidence: { ...raw(made), keyId: 'nobody' },
      expected: 'rejected',
      reason: /not registered/,
    },
    { name: 'a key nobody registered', evidence: raw(sign('sha256', text, stranger.privateKey)), expected: 'rejected', reason: unknown },
    {
      name: 'a key the policy does not allow',
      evidence: raw(sign('sha256', text, banned.privateKey)),
      expected: 'rejected',
      reason: /does not allow the key banned/,
    },
    {
      name: 'another digest',
      evidence: raw(sign('sha256', Buffer.from(sha256('other')), ec.privateKey)),
      expected: 'rejected',
      reason: unknown,
    },
    {
      name: 'the digest with a line break',
      evidence: raw(sign('sha256', Buffer.from(`${manifestDigest}\n`), ec.privateKey)),
      expected: 'rejected',
      reason: unknown,
    },
    { name: 'ECDSA with SHA-384', evidence: raw(sign('sha384', text, ec.privateKey)), expected: 'rejected', reason: unknown },
    { name: 'DER with trailing bytes', evidence: raw(Buffer.concat([made, Buffer.from([0])])), expected: 'rejected', reason: unknown },
    { name: 'DER cut short', evidence: raw(made.subarray(0, -1)), expected: 'rejected', reason: unknown },
    {
      name: 'IEEE P1363 instead of DER',
      evidence: raw(sign('sha256', text, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })),
      expected: 'rejected',
      reason: unknown,
    },
    { name: 'base64 with bits to spare', evidence: value(malleable(good)), expected: 'rejected', reason: notBase64 },
    { name: 'base64 without padding', evidence: value(`${good.replace(/=+$/, '')}A`.slice(0, good.length - 1)), expected: 'rejected' },
    { name: 'base64 of the URL kind', evidence: value(`-_${good.slice(2)}`), expected: 'rejected', reason: notBase64 },
    { name: 'hexadecimal', evidence: value(made.toString('hex')), expected: 'rejected' },
    { name: 'nothing', evidence: value(' '), expected: 'rejected', reason: notBase64 },
    { name: 'a revoked key', evidence: raw(sign('sha256', text, lost.privateKey)), expected: 'revoked', reason: /lost was revoked/ },
    {
      name: 'a revoked key, seen after it was lost',
      evidence: raw(sign('sha256', text, lost.privateKey)),
      seenAt: ago(2 * day),
      expected: 'revoked',
    },
    {
      name: 'a revoked key, seen before it was lost',
      evidence: raw(sign('sha256', text, lost.privateKey)),
      seenAt: ago(4 * day),
      expected: 'verified',
    },
    { name: 'an expired key', evidence: raw(sign('sha256', text, old.privateKey)), expected: 'expired', reason: /old expired/ },
    {
      name: 'an expired key, seen while it was good',
      evidence: raw(sign('sha256', text, old.privateKey)),
      seenAt: ago(2 * day),
      expected: 'verified',
    },
  ]
}

/** Other unused bits before the padding: decoders that are not strict give the same bytes. */
function malleable(text: string): string {
  const at = text.indexOf('=') - 1
  if (at < 0) return `${text}\n\n=`
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const next = alphabet[alphabet.indexOf(text[at] ?? 'A') ^ 1] ?? 'B'
  return text.slice(0, at) + next + text.slice(at + 1)
}

export function cosignCases({ ec, ed, rsa, stranger, old }: Keys): Case[] {
  const payload = simpleSigning(manifestDigest)
  const good = cosigned(payload, ec.privateKey)
  const parts = JSON.parse(good.value) as { payload: string; signature: string }
  const edSigned = JSON.stringify({ payload: b64(payload), signature: b64(sign(null, payload, ed.privateKey)) })
  const changed = (more: object): Evidence => ({ kind: 'cosign', value: JSON.stringify({ ...parts, ...more }) })
  return [
    { name: 'cosign, ECDSA', evidence: good, expected: 'verified' },
    { name: 'cosign, Ed25519', evidence: { kind: 'cosign', value: edSigned }, expected: 'verified' },
    { name: 'cosign, RSA', evidence: cosigned(payload, rsa.privateKey), expected: 'verified' },
    {
      name: 'cosign, another manifest',
      evidence: cosigned(simpleSigning(sha256('other')), ec.privateKey),
      expected: 'rejected',
      reason: /it is about sha256:/,
    },
    { name: 'cosign, unknown key', evidence: cosigned(payload, stranger.privateKey), expected: 'rejected', reason: /no registered key/ },
    { name: 'cosign, expired key', evidence: cosigned(payload, old.privateKey), expected: 'expired' },
    {
      name: 'cosign, payload of another kind',
      evidence: cosigned(simpleSigning(manifestDigest, 'else'), ec.privateKey),
      expected: 'rejected',
      reason: /simple signing/,
    },
    {
      name: 'cosign, payload exchanged',
      evidence: changed({ payload: b64(Buffer.concat([payload, Buffer.from(' ')])) }),
      expected: 'rejected',
      reason: /no registered key/,
    },
    { name: 'cosign, signature cut', evidence: changed({ signature: parts.signature.slice(0, 40) }), expected: 'rejected' },
    { name: 'cosign, certificate that is none', evidence: changed({ certificate: 'PEM' }), expected: 'rejected', reason: /not in PEM/ },
    { name: 'cosign, log entry that is none', evidence: changed({ bundle: '{"a":1}' }), expected: 'rejected', reason: /not one of Rekor/ },
    { name: 'cosign, no members', evidence: { kind: 'cosign', value: '[]' }, expected: 'rejected', reason: /no signature of cosign/ },
  ]
}

export async function openPgpCases({ pgp, pgpStranger, pgpExpired, pgpToRevoke }: Keys): Promise<Case[]> {
  const signed = async (signer: openpgp.PrivateKey, text: string | Buffer = manifestDigest, date = new Date()): Promise<Evidence> => {
    const message = await openpgp.createMessage({ binary: new Uint8Array(Buffer.from(text)) })
    return { kind: 'openpgp', value: await openpgp.sign({ message, signingKeys: signer, detached: true, date }) }
  }
  const good = await signed(pgp.privateKey)
  const back = await signed(pgpExpired.privateKey, manifestDigest, ago(8 * day))
  return [
    { name: 'OpenPGP over the digest', evidence: good, expected: 'verified' },
    { name: 'OpenPGP over the bytes', evidence: await signed(pgp.privateKey, manifest), expected: 'verified' },
    { name: 'OpenPGP by another key', evidence: await signed(pgpStranger.privateKey), expected: 'rejected', reason: /no registered key/ },
    {
      name: 'OpenPGP over another digest',
      evidence: await signed(pgp.privateKey, sha256('other')),
      expected: 'rejected',
      reason: /no registered key/,
    },
    { name: 'OpenPGP by an expired key, dated back', evidence: back, expected: 'expired', reason: /no good at/ },
    { name: 'OpenPGP by an expired key, seen while it was good', evidence: back, seenAt: ago(8 * day + 1), expected: 'verified' },
    { name: 'OpenPGP by a revoked key', evidence: await signed(pgpToRevoke.privateKey), expected: 'revoked' },
    {
      name: 'OpenPGP that is none',
      evidence: { kind: 'openpgp', value: '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n' },
      expected: 'rejected',
      reason: /no OpenPGP signature/,
    },
    { name: 'OpenPGP cut', evidence: { kind: 'openpgp', value: good.value.slice(0, good.value.length / 2) }, expected: 'rejected' },
  ]
}

export function certificateCases({ root, trust }: Keys): Case[] {
  const payload = simpleSigning(manifestDigest)
  const leafOf = (wish: Partial<Parameters<typeof issue>[0]> = {}): Issued =>
    issue({ subject: 'Release Bot', mail: 'bot@acme.example', issuer: root, usage: codeSigning, ...wish })
  const by = (leaf: Issued, chain?: readonly Issued[]): Evidence =>
    cosigned(payload, leaf.privateKey, { certificate: leaf.pem, ...(chain && { chain: chain.map(({ pem }) => pem).join('') }) })
  const middle = issue({ subject: 'Acme Team', ca: true, issuer: root, pathLength: 0 })
  const deeper = issue({ subject: 'Acme Squad', ca: true, issuer: middle })
  const stranger = issue({ subject: 'Acme Root', ca: true })
  const noCa = leafOf()
  const leaf = leafOf()
  const pinned: Trust = { ...trust, allowedKeys: null, keys: [keyOf('pinned', leaf.pem, { kind: 'certificate' })] }
  return [
    { name: 'a certificate of the registered authority', evidence: by(leaf), expected: 'verified' },
    { name: 'a certificate by way of an intermediate', evidence: by(leafOf({ issuer: middle }), [middle]), expected: 'verified' },
    { name: 'a certificate that was registered itself', evidence: by(leaf), trust: pinned, expected: 'verified' },
    { name: 'an intermediate that is missing', evidence: by(leafOf({ issuer: middle })), expected: 'rejected' },
    {
      name: 'one intermediate too many',
      evidence: by(leafOf({ issuer: deeper }), [deeper, middle]),
      expected: 'rejected',
      reason: /no registered certificate authority/,
    },
    { name: 'an intermediate that is no authority', evidence: by(leafOf({ issuer: noCa }), [noCa]), expected: 'rejected' },
    {
      name: 'an authority of the same name',
      evidence: by(leafOf({ issuer: stranger })),
      expected: 'rejected',
      reason: /no registered certificate authority/,
    },
    {
      name: 'a certificate for servers',
      evidence: by(leafOf({ usage: serverAuth })),
      expected: 'rejected',
      reason: /not for code signing/,
    },
    { name: 'the authority itself', evidence: by(root), expected: 'rejected', reason: /signs no content/ },
    {
      name: 'an expired certificate',
      evidence: by(leafOf({ from: ago(9 * day), until: ago(day) })),
      expected: 'expired',
      reason: /expired on/,
    },
    { name: 'a certificate of tomorrow', evidence: by(leafOf({ from: ago(-day) })), expected: 'rejected', reason: /not valid before/ },
    {
      name: 'an expired certificate, seen while it was good',
      evidence: by(leafOf({ from: ago(9 * day), until: ago(day) })),
      seenAt: ago(2 * day),
      expected: 'verified',
    },
    {
      name: 'the certificate of another signature',
      evidence: cosigned(payload, root.privateKey, { certificate: leaf.pem }),
      expected: 'rejected',
      reason: /not one of its certificate/,
    },
  ]
}
