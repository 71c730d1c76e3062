import { type DomainError, type ErrorKind, isDomainError } from './domain-error.ts'

/** RFC 9457 problem document with the members of design.md §5 decision 11. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly suggestions: readonly string[]
  readonly retryAfterSeconds?: number
}

const statusOf: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'precondition-failed': 412,
  'too-large': 413,
  'range-not-satisfiable': 416,
  'too-many': 429,
  unavailable: 503,
  'no-space': 507,
}

/** Never leaks the message of an error that is not meant for callers. */
export function toProblem(error: unknown): Problem {
  if (isDomainError(error)) return fromDomain(error)
  const known = outOfSpace(error) ?? databaseDown(error) ?? clientError(error)
  return known ?? problem(500, 'internal', 'Internal Server Error')
}

function fromDomain(error: DomainError): Problem {
  const { details, suggestions, retryAfterSeconds } = error
  return {
    ...problem(statusOf[error.kind], error.code, error.message),
    details,
    suggestions,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
}

const problem = (status: number, code: string, message: string): Problem => ({
  type: `urn:registry:${code}`,
  title: message,
  status,
  code,
  message,
  details: {},
  suggestions: [],
})

const codeOf = (error: unknown): string | undefined => {
  const found = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof found === 'string' ? found : undefined
}

function outOfSpace(error: unknown): Problem | undefined {
  const code = codeOf(error)
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined
  return problem(507, 'storage.full', 'the storage is full')
}

// Connection failures, transactions cut for idling, deadlocks, failover to a read-only server, lack of resources, lock and statement timeouts.
const transientCodes = /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOENT|08...|25006|25P0[34]|40...|53...|55P03|57...)$/
const connectionLost = /timeout exceeded when trying to connect|Connection terminated|connection error and is not queryable/
function databaseDown(error: unknown): Problem | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    // A file that is not there is no connection that failed.
    const fromSocket = 'syscall' in cause && ['connect', 'read', 'write'].includes(String(cause.syscall))
    const fromDriver = 'severity' in cause || fromSocket || connectionLost.test(cause.message)
    if (fromDriver && transientCodes.test(codeOf(cause) ?? '08000'))
      return { ...problem(503, 'service.unavailable', 'the registry cannot reach its database right now'), retryAfterSeconds: 2 }
  }
  return undefined
}

interface HttpError extends Error {
  readonly statusCode?: number
  readonly validation?: readonly { readonly instancePath?: string; readonly message?: string }[]
  readonly validationContext?: string
}

function clientError(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined
  const { statusCode, validation, validationContext } = error as HttpError
  if (validation) {
    const details = {
      errors: validation.map(({ instancePath, message }) => ({ path: `/${validationContext ?? ''}${instancePath ?? ''}`, message })),
    }
    return { ...problem(400, 'request.invalid', error.message), details }
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return problem(
      statusCode,
      codeOf(error)
        ?.toLowerCase()
        .replace(/^fst_(err_)?/, 'request.') ?? 'request.invalid',
      error.message,
    )
  return undefined
}
