import { createHash, randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'

/** RFC 6238 as every authenticator knows it. */
const period = 30
/** Steps before and after the present one, for clocks that differ and fingers that are slow. */
const window = 1
const secretBytes = 20

export const newSecret = (): Buffer => randomBytes(secretBytes)

const totpOf = (secret: Buffer, names: { readonly issuer?: string; readonly label?: string } = {}): TOTP =>
  new TOTP({ ...names, algorithm: 'SHA1', digits: 6, period, secret: new Secret({ buffer: Uint8Array.from(secret).buffer }) })

/** What an authenticator scans. It holds the secret. */
export const uriOf = (secret: Buffer, names: { readonly issuer: string; readonly label: string }): string =>
  totpOf(secret, names).toString()

/** The step a code belongs to, if it is right now or was a moment ago. */
export function stepOf(secret: Buffer, code: string): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const now = Date.now()
  const delta = totpOf(secret).validate({ token: code, timestamp: now, window })
  return delta === null ? undefined : Math.floor(now / 1_000 / period) + delta
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const recoveryCodes = 10

/** 80 bits each, in groups that can be read aloud. */
export function newRecoveryCodes(): string[] {
  const one = (): string => [...randomBytes(16)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('')
  return Array.from({ length: recoveryCodes }, () => one().replace(/(.{4})(?=.)/g, '$1-'))
}

/** Undefined for what no recovery code looks like. */
export function recoveryHash(code: string): Buffer | undefined {
  const plain = code.toLowerCase().replace(/[\s-]/g, '')
  return /^[a-z2-7]{16}$/.test(plain) ? createHash('sha256').update(plain).digest() : undefined
}
