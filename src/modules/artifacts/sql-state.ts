/** Of an error of the database, however deep a library wrapped it. */
export function hasSqlState(error: unknown, ...states: readonly string[]): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string' && states.includes(cause.code)) return true
  return false
}

export const foreignKeyViolation = '23503'
/** `deadlock_detected`, `serialization_failure`: running the same transaction again can succeed. */
export const transientConflicts = ['40P01', '40001'] as const
