import { Busy } from './errors.ts'

/** Runs at most `concurrency` works at once and lets at most `maxWaiting` wait; throws Busy beyond that. */
export class BoundedPool {
  readonly #concurrency: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(concurrency: number, maxWaiting: number) {
    this.#concurrency = concurrency
    this.#maxWaiting = maxWaiting
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#concurrency) {
      this.#running++
      return
    }
    if (this.#waiting.length >= this.#maxWaiting) throw new Busy()
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Hands the place over, so that a newcomer cannot take it between two turns of the loop. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running--
  }
}
