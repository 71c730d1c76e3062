import { type ErrorKind, isDomainError } from './domain-error.ts'

/** What `work` gives, or `undefined` when it throws a domain error of one of these kinds. */
export async function unless<T>(kinds: readonly ErrorKind[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isDomainError(error) && kinds.includes(error.kind)) return undefined
    throw error
  }
}

/** `undefined` for what the caller may not have, whatever the reason. */
export const unlessRefused = <T>(work: () => Promise<T>): Promise<T | undefined> =>
  unless(['not-found', 'forbidden', 'unauthenticated'], work)
