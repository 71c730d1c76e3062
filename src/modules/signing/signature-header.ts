import type { Evidence } from './verification/verdict.ts'

/** What may stand in `x-signature`: a raw signature in base64, or a Sigstore bundle or an OpenPGP signature, as it is or in base64. */
export function evidenceOf(header: string): Evidence {
  const text = header.trim()
  const plain = text.startsWith('{') || text.startsWith('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8')
  if (plain.trimStart().startsWith('{')) return { kind: 'sigstore-bundle', value: plain }
  if (plain.startsWith('-----BEGIN PGP SIGNATURE')) return { kind: 'openpgp', value: plain }
  return { kind: 'raw', value: text }
}
