export interface SlotCounts {
  readonly atOnce: number
  /** So many wait for a slot, in order. */
  readonly waiting?: number
}

/** Lets so many pieces of work be under way at once, and so many wait; one more is refused with what `full` makes. */
export class Slots {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  readonly #full: () => Error

  constructor({ atOnce, waiting = 0 }: SlotCounts, full = () => new Error('too much is under way')) {
    this.#free = atOnce
    this.#maxWaiting = waiting
    this.#full = full
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else if (this.#waiting.length < this.#maxWaiting) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else throw this.#full()
    try {
      return await work()
    } finally {
      // Handed over, so that nobody comes in between.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}
