import { createHash } from 'node:crypto'

/** What one link of the chain vouches for; read back from the database, so that it is the same now and at any later check. */
export interface AuditLink {
  readonly id: string
  readonly seq: number
  readonly at: string
  readonly actor: string | null
  readonly actorId: string | null
  readonly ip: string | null
  readonly requestId: string | null
  readonly action: string
  readonly subject: string
  readonly subjectId: string | null
  readonly namespace: string | null
  readonly before: unknown
  readonly after: unknown
}

export const genesis = '0'.repeat(64)

/** SHA-256 of the previous hash and the canonical JSON of the link, in hex. */
export const linkHash = (previous: string, link: AuditLink): string =>
  createHash('sha256').update(previous).update(canonicalJson(link)).digest('hex')

/** Keys in code-unit order and no spaces, so that one value has one spelling. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  const sorted = members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`
}
