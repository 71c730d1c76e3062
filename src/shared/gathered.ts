const maxGathered = 200

/**
 * Work on single items that costs little more for many: items that come within `waitMs` are done together, each once. Every caller learns how the
 * work with its item in it ended, and what it answered. `spacingMs` lie between two beginnings at least: what comes alone is done soon, and many together.
 */
export class Gathered<Result = void> {
  readonly #work: (items: readonly string[]) => Promise<Result>
  readonly #waitMs: number
  readonly #spacingMs: number
  #begunAt = Number.NEGATIVE_INFINITY
  #next: { readonly items: Set<string>; readonly done: Promise<Result>; readonly start: () => void } | undefined

  constructor(work: (items: readonly string[]) => Promise<Result>, waitMs: number, spacingMs = 0) {
    this.#work = work
    this.#waitMs = waitMs
    this.#spacingMs = spacingMs
  }

  async add(item: string): Promise<Result> {
    this.#next ??= this.#open()
    const { items, done, start } = this.#next
    items.add(item)
    if (items.size >= maxGathered) start()
    return done
  }

  #open() {
    const items = new Set<string>()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, Math.max(this.#waitMs, this.#begunAt + this.#spacingMs - performance.now()))
    const start = () => {
      clearTimeout(timer)
      this.#next = undefined
      this.#begunAt = performance.now()
      resolve()
    }
    const done = promise.then(() => {
      if (this.#next?.items === items) this.#next = undefined
      this.#begunAt = performance.now()
      return this.#work([...items])
    })
    return { items, done, start }
  }
}
