import { type Static, Type } from '@sinclair/typebox'

/** `sha256:<64 lower-case hex>` or `sha512:<128 lower-case hex>`; the two registered algorithms of OCI image-spec, descriptor.md. */
export const DigestSchema = Type.String({ pattern: '^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$', maxLength: 135 })
export type Digest = Static<typeof DigestSchema>

export interface ParsedDigest {
  readonly algorithm: 'sha256' | 'sha512'
  readonly hex: string
}

const hexLengths = { sha256: 64, sha512: 128 } as const
const hexOnly = /^[0-9a-f]+$/

/** `undefined` for anything but a well-formed digest of a known algorithm; upper-case hex is refused, so that a digest has one spelling. */
export function parseDigest(text: string): ParsedDigest | undefined {
  const algorithm = text.slice(0, 6)
  if ((algorithm !== 'sha256' && algorithm !== 'sha512') || text[6] !== ':') return undefined
  const hex = text.slice(7)
  return hex.length === hexLengths[algorithm] && hexOnly.test(hex) ? { algorithm, hex } : undefined
}
