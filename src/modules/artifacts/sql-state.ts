import type { Transaction } from '../../shared/kernel/database.ts'

/** Of an error of the database, however deep a library wrapped it. */
export function hasSqlState(error: unknown, ...states: readonly string[]): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string' && states.includes(cause.code)) return true
  return false
}

export const foreignKeyViolation = '23503'
export const uniqueViolation = '23505'
/** `deadlock_detected`, `serialization_failure`: running the same transaction again can succeed. */
const transientConflicts = ['40P01', '40001'] as const

const maxAttempts = 3

/** Runs a transaction again that lost against another one. Inside of a surrounding transaction it runs once: that one has to be run again. */
export async function withRetries<T>(transaction: Transaction, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction.run(work)
    } catch (error) {
      if (transaction.active || attempt === maxAttempts || !hasSqlState(error, ...transientConflicts)) throw error
    }
  }
}
