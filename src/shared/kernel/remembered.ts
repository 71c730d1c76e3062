import { within } from './within.ts'

const patienceMs = 1_000
/** A read that failed says nothing for long. */
const retryMs = 3_000

/**
 * A number that is dear to find, for who asks often: at most one `read` every `everyMs`, which nobody waits for but the first who asks, and that for
 * at most a second. `undefined` while nothing is known, or when the last `read` failed: an old number would hide that. One that failed is tried again
 * after three seconds.
 */
export function remembered<T>(read: () => Promise<T>, everyMs: number): () => Promise<T | undefined> {
  let known: T | undefined
  let dueAt = Number.NEGATIVE_INFINITY
  let first: Promise<unknown> | undefined
  let isReading = false
  const renew = async (): Promise<void> => {
    isReading = true
    dueAt = performance.now() + everyMs
    known = await read().catch(() => {
      dueAt = performance.now() + Math.min(everyMs, retryMs)
      return undefined
    })
    isReading = false
  }
  return async () => {
    if (!isReading && performance.now() >= dueAt) {
      const reading = renew()
      first ??= reading
    }
    if (known === undefined) await within(patienceMs, Promise.resolve(first))
    return known
  }
}
