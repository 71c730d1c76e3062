export interface WokenTimes {
  /** From a wish to the work, so that several wishes are one. */
  readonly wakeMs: number
  /** After work that ended well, whether or not anybody wishes for it. */
  readonly sweepMs: number
}

/** Work of which there is one at a time, soon after somebody wishes for it and now and then anyway. Disposing waits for what runs. */
export class WokenWork implements AsyncDisposable {
  readonly #work: () => Promise<void>
  readonly #onFailure: (error: unknown) => number
  readonly #times: WokenTimes
  #timer: NodeJS.Timeout | undefined
  #dueAt = 0
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  /** `onFailure` tells of it, and answers in how many milliseconds to try again. */
  constructor(work: () => Promise<void>, onFailure: (error: unknown) => number, times: WokenTimes) {
    this.#work = work
    this.#onFailure = onFailure
    this.#times = times
  }

  /** The earliest wish counts, or a steady stream of them would put the work off for ever. */
  wake(delayMs = this.#times.wakeMs): void {
    const dueAt = performance.now() + delayMs
    if (this.#stopped || (this.#timer && this.#dueAt <= dueAt)) return
    clearTimeout(this.#timer)
    this.#dueAt = dueAt
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#running = this.#running.then(() => this.#run())
    }, delayMs).unref()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      await this.#work()
      this.wake(this.#times.sweepMs)
    } catch (error) {
      this.wake(this.#onFailure(error))
    }
  }
}
