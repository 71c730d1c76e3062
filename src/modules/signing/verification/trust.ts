import type { PublisherKey } from './key-kinds.ts'
import { Refused } from './verdict.ts'

/** Who may sign with a certificate of the trusted root. In `subject`, `*` stands for any text. */
export interface AllowedIdentity {
  readonly subject: string
  readonly issuer: string
}

/** What one namespace trusts. */
export interface Trust {
  readonly keys: readonly PublisherKey[]
  /** Null: every registered key. */
  readonly allowedKeys: ReadonlySet<string> | null
  readonly identities: readonly AllowedIdentity[]
}

/** When a signature was there at the latest: proven by a log or timestamp authority, or seen by this registry. Null: not before now. */
export type ProvenAt = Date | null

/** Throws Refused for a key that signatures of that time do not count with. */
export function requireStanding({ allowedKeys }: Pick<Trust, 'allowedKeys'>, key: PublisherKey, provenAt: ProvenAt): void {
  const { id, name, expiresAt, revokedAt, voidFrom } = key
  if (revokedAt && !(provenAt && voidFrom && provenAt < voidFrom))
    throw new Refused(`the key ${name} was revoked on ${revokedAt.toISOString()}`, { status: 'revoked' })
  if (expiresAt && (provenAt ?? new Date()) >= expiresAt)
    throw new Refused(`the key ${name} expired on ${expiresAt.toISOString()}, and nothing proves that the signature is older`, {
      status: 'expired',
    })
  if (allowedKeys && !allowedKeys.has(id)) throw new Refused(`the signing policy does not allow the key ${name}`)
}

/** The first one that signatures of that time count with. Throws Refused with what is wrong with the first when there is none. */
export function requireAnyStanding<K extends PublisherKey>(
  trust: Pick<Trust, 'allowedKeys'>,
  keys: readonly [K, ...K[]],
  provenAt: ProvenAt,
): K {
  const [first, ...others] = keys
  try {
    requireStanding(trust, first, provenAt)
    return first
  } catch (error) {
    const other = others.find((key) => hasStanding(trust, key, provenAt))
    if (!other) throw error
    return other
  }
}

export function hasStanding(trust: Pick<Trust, 'allowedKeys'>, key: PublisherKey, provenAt: ProvenAt): boolean {
  try {
    requireStanding(trust, key, provenAt)
    return true
  } catch {
    return false
  }
}

export const allowsIdentity = ({ identities }: Trust, identity: AllowedIdentity): boolean =>
  identities.some(({ subject, issuer }) => issuer === identity.issuer && fits(subject, identity.subject))

/** Linear in the length of the text, whatever the pattern. */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === text
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}
