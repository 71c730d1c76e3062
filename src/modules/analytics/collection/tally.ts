/** So many of the same. */
export interface Counted<T> {
  readonly item: T
  readonly count: number
}

/** What was counted and is not written yet, by key; no more keys than `maxKeys`. */
export class Tally<T> {
  readonly #maxKeys: number
  #counts = new Map<string, { readonly item: T; count: number }>()

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  get size(): number {
    return this.#counts.size
  }

  /** False when there is no room for one more key, and the event is forgotten. */
  add(key: string, item: () => T): boolean {
    const known = this.#counts.get(key)
    if (known) known.count += 1
    else if (this.#counts.size >= this.#maxKeys) return false
    else this.#counts.set(key, { item: item(), count: 1 })
    return true
  }

  /** Empties it. */
  take(): ReadonlyMap<string, Counted<T>> {
    const taken = this.#counts
    this.#counts = new Map()
    return taken
  }

  /** What was taken and could not be written; what came meanwhile stays too. */
  putBack(taken: ReadonlyMap<string, Counted<T>>): void {
    const later = this.#counts
    this.#counts = new Map([...taken].map(([key, { item, count }]) => [key, { item, count: count + (later.get(key)?.count ?? 0) }]))
    for (const [key, counted] of later) if (!taken.has(key)) this.#counts.set(key, counted)
  }
}
