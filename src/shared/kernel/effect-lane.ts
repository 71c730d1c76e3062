import { setTimeout as delay } from 'node:timers/promises'
import { claimRuns, nextRetryMs } from './effect-runs.ts'
import { EffectSlice, type SliceOptions } from './effect-slice.ts'

const smallestSlice = 32
const largestSlice = 500
// Slices grow while they are quick and shrink when they are slow, so that other processes find work too.
const quickMs = 500
const slowMs = 3_000
const shareEveryMs = 1_000

export interface LaneOptions extends SliceOptions {
  /** Asks for a job of this effect, in any process, after so many milliseconds. */
  readonly wake: (effect: string, delayMs: number) => void
  /** Tells the other processes that there is more than this one can do, or does any more. */
  readonly share: (effect: string) => void
}

/** All work of one effect in this process: at most one drain at a time, `concurrency` runs at once in it. */
export class EffectLane {
  readonly #options: LaneOptions
  readonly #name: string
  #limit: number
  #active = false
  #again = false
  #sharedAt = 0
  #begunAt = Number.NEGATIVE_INFINITY
  // Of an earlier life of this process, or of runs that failed since.
  #retriesWait = true

  constructor(options: LaneOptions) {
    const { effect } = options.bound
    this.#options = options
    this.#name = effect.name
    this.#limit = effect.dedupe ? largestSlice : Math.min(largestSlice, Math.max(smallestSlice, effect.concurrency))
  }

  /** True when a drain goes on and will look for more work before it ends. */
  join(): boolean {
    if (this.#active) this.#again = true
    return this.#active
  }

  /**
   * Runs what is due and returns when nothing is left, or at once when a drain goes on. Throws when the database does not answer.
   * `forRetry`: retries of another process may wait behind the one that is due now.
   */
  async drain(forRetry = false): Promise<void> {
    if (forRetry) this.#retriesWait = true
    if (this.join()) return
    this.#active = true
    try {
      do await this.#drainOnce()
      while (this.#again && !this.#options.stopping.aborted)
      // What a stopping process leaves, another may do at once.
      if (this.#options.stopping.aborted) this.#options.share(this.#name)
    } finally {
      this.#active = false
    }
  }

  async #drainOnce(): Promise<void> {
    const { database, stopping, wake } = this.#options
    await this.#space()
    for (let full = true; full && !stopping.aborted; ) {
      const runs = await claimRuns(database, this.#name, this.#limit)
      full = runs.length === this.#limit
      if (full) this.#share()
      await this.#runSlice(runs)
    }
    if (stopping.aborted || !this.#retriesWait) return
    this.#retriesWait = false
    const retryMs = await nextRetryMs(database, this.#name)
    this.#retriesWait ||= retryMs !== undefined
    // A process that comes while the clock of the database is still a hair behind would come in vain.
    if (retryMs !== undefined) wake(this.#name, retryMs + 5)
  }

  /** What comes meanwhile is claimed with what was there. */
  async #space(): Promise<void> {
    const { bound, stopping } = this.#options
    const waitMs = this.#begunAt + bound.effect.spacingMs - performance.now()
    if (waitMs > 0) await delay(waitMs, undefined, { signal: stopping }).catch(() => {})
    this.#again = false
  }

  async #runSlice(runs: Parameters<EffectSlice['run']>[0]): Promise<void> {
    if (runs.length === 0) return
    this.#begunAt = performance.now()
    const failures = await new EffectSlice(this.#options).run(runs)
    if (failures > 0) this.#retriesWait = true
    if (this.#options.bound.effect.dedupe) return
    const tookMs = performance.now() - this.#begunAt
    if (tookMs < quickMs) this.#limit = Math.min(largestSlice, this.#limit * 2)
    if (tookMs > slowMs) this.#limit = Math.max(1, this.#options.bound.effect.concurrency, Math.floor(this.#limit / 4))
  }

  /** There is more than one slice: another process may take part. */
  #share(): void {
    if (performance.now() - this.#sharedAt < shareEveryMs) return
    this.#sharedAt = performance.now()
    this.#options.share(this.#name)
  }
}
