import { within } from './kernel/within.ts'

/** What is in memory until it is written. */
export interface Behind<Taken> {
  /** Empties it, in slices: each is written by itself, so that of much what was written first is durable soon. None when nothing is there. */
  take(): readonly Taken[]
  write(slice: Taken): Promise<void>
  /** Slices that could not be written, in their order, beside what came meanwhile. Bounds itself: a database may be away for hours. */
  putBack(slices: readonly Taken[]): void
  /** Tells of it. */
  failed?(error: unknown): void
}

/** Enough for a database that is there; a stop does not wait for one that is not. */
const lastMs = 10_000

/** So many keys are written in one transaction. */
const sliceKeys = 2_000

/** In the order of its keys; none of what is empty. */
export function slicesOf<T>(counts: ReadonlyMap<string, T>): readonly ReadonlyMap<string, T>[] {
  if (counts.size <= sliceKeys) return counts.size === 0 ? [] : [counts]
  const entries = [...counts]
  return Array.from(
    { length: Math.ceil(entries.length / sliceKeys) },
    (_, at) => new Map(entries.slice(at * sliceKeys, (at + 1) * sliceKeys)),
  )
}

/** Writes what was counted in memory every so often, one write after the other; what fails is kept for the next. A `kill -9` loses what was not written. */
export class WrittenBehind<Taken> implements AsyncDisposable {
  readonly #behind: Behind<Taken>
  readonly #timer: NodeJS.Timeout
  readonly #lastMs: number
  #running: Promise<void> | undefined
  #waiting: Promise<void> | undefined

  /** Starts here rather than at the first count, which may stand inside a transaction that a later write must not join. */
  constructor(behind: Behind<Taken>, times: { readonly everyMs: number; readonly lastMs?: number }) {
    this.#behind = behind
    this.#lastMs = times.lastMs ?? lastMs
    this.#timer = setInterval(() => void (this.#running ?? this.flush().catch(() => {})), times.everyMs).unref()
  }

  /** Resolves when everything counted so far is in the database; rejects, keeping it, when it could not be written. However many ask, one write waits. */
  flush(): Promise<void> {
    if (this.#waiting) return this.#waiting
    if (!this.#running) return this.#start()
    this.#waiting = this.#running
      .catch(() => {})
      .then(() => {
        this.#waiting = undefined
        return this.#start()
      })
    return this.#waiting
  }

  /** Writes what is left. Throws when that fails or takes more than ten seconds, and what is left is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    if (!(await within(this.#lastMs, this.flush()))) throw new Error('what was counted last could not be written')
  }

  #start(): Promise<void> {
    const running = this.#write().finally(() => {
      this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #write(): Promise<void> {
    const slices = this.#behind.take()
    let written = 0
    try {
      for (const slice of slices) {
        await this.#behind.write(slice)
        written += 1
      }
    } catch (error) {
      this.#behind.putBack(slices.slice(written))
      this.#behind.failed?.(error)
      throw error
    }
  }
}
