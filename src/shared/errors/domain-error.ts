export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'precondition-failed'
  | 'range-not-satisfiable'
  | 'too-large'
  | 'too-many'
  | 'no-space'
  | 'unavailable'

const brand: unique symbol = Symbol.for('registry.domain-error')
/** Branded, because a third-party module may carry its own copy of this file. */
export const isDomainError = (value: unknown): value is DomainError => typeof value === 'object' && value !== null && brand in value

/** A failure the caller can act on. Anything else thrown is a bug and becomes a plain 500. */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind
  /** `<module>.<fact>`, stable for ever. */
  abstract readonly code: string
  readonly [brand] = true
  /** Public members of the problem document; nothing secret belongs here. */
  get details(): Record<string, unknown> {
    return {}
  }
  /** What the caller may try next. */
  get suggestions(): readonly string[] {
    return []
  }
  /** Seconds; becomes `Retry-After`. */
  get retryAfterSeconds(): number | undefined {
    return undefined
  }
  /** Of kind `unauthenticated`: `WWW-Authenticate` in the place of the usual challenge. */
  get challenge(): string | undefined {
    return undefined
  }
}
