import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretLength = 43
const checksumLength = 6

/** `gati_`: API tokens. `gatr_`: refresh tokens, which no door accepts. */
export type TokenPrefix = 'gati_' | 'gatr_'
const form = /^gat[ir]_[0-9A-Za-z]{49}$/

/** 256 random bits and a CRC-32 of all before it, so that a scanner or a door knows a mistyped one without asking the database (D-21). */
export function newToken(prefix: TokenPrefix): string {
  const secret = prefix + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength)
  return secret + checksum(secret)
}

export function isToken(text: string, prefix: TokenPrefix): boolean {
  return looksLikeToken(text) && text.startsWith(prefix) && checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength)
}

/** The shape alone; a password of this shape is taken for a token. */
export const looksLikeToken = (text: string): boolean => form.test(text)

/** What is stored: 256 random bits need no slow hash. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest()

const checksum = (text: string): string => base62(BigInt(crc32(text)), checksumLength)

function base62(value: bigint, length: number): string {
  let digits = ''
  for (let rest = value; digits.length < length; rest /= 62n) digits = alphabet.charAt(Number(rest % 62n)) + digits
  return digits
}
