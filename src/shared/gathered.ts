const maxGathered = 200

/**
 * Work on single items that costs little more for many: items that come within `waitMs` are done together, each once. Every caller learns how the
 * work with its item in it ended, and what it answered.
 */
export class Gathered<Result = void> {
  readonly #work: (items: readonly string[]) => Promise<Result>
  readonly #waitMs: number
  #next: { readonly items: Set<string>; readonly done: Promise<Result>; readonly start: () => void } | undefined

  constructor(work: (items: readonly string[]) => Promise<Result>, waitMs: number) {
    this.#work = work
    this.#waitMs = waitMs
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
    const timer = setTimeout(resolve, this.#waitMs)
    const start = () => {
      clearTimeout(timer)
      this.#next = undefined
      resolve()
    }
    const done = promise.then(() => {
      if (this.#next?.items === items) this.#next = undefined
      return this.#work([...items])
    })
    return { items, done, start }
  }
}
