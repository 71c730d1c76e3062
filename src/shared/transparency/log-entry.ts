import { createHash } from 'node:crypto'
import { leafHash } from './merkle.ts'

/** `version`: a version got its digest for ever. `tag`: a tag moved, or went away (no digest). `unpublished`: a version was taken back. */
export type FactKind = 'version' | 'tag' | 'unpublished'

/** What one entry of the log vouches for. */
export interface LoggedFact {
  readonly kind: FactKind
  readonly namespace: string
  readonly name: string
  readonly format: string
  /** The version, or the tag. */
  readonly reference: string
  readonly digest: string | null
  /** When it came into the log. */
  readonly time: string
}

export const saltBytes = 32

/**
 * Everybody may read the log, not every artifact. So an entry holds no name and no digest (the digest of a private artifact would tell whoever has
 * the same bytes that it is there) but a hash of both with a salt that only readers of the artifact get.
 */
export function commitmentOf({ kind, namespace, name, format, reference, digest, time }: LoggedFact, salt: Uint8Array): string {
  const told = JSON.stringify([kind, namespace, name, format, reference, digest, time])
  return createHash('sha256').update('gati-registry log entry v1\n').update(salt).update(told).digest('hex')
}

/** The bytes of an entry, as they are in the log. */
export const leafOf = (fact: LoggedFact, salt: Uint8Array): Buffer =>
  Buffer.from(JSON.stringify({ v: 1, kind: fact.kind, time: fact.time, commitment: commitmentOf(fact, salt) }))

export const leafHashOf = (fact: LoggedFact, salt: Uint8Array): Buffer => leafHash(leafOf(fact, salt))

/** What the registry itself signs of a version. */
export const signedText = ({ format, namespace, name, reference, digest }: Omit<LoggedFact, 'kind' | 'time'>): string =>
  `${format}/${namespace}/${name}@${reference}:${digest}`
