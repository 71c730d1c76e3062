/** So many of the same. */
export interface Counted<T> {
  readonly item: T
  readonly count: number
}

/** What was counted and is not written yet, by key; no more keys than `maxKeys`. */
export class Tally<T> {
  readonly #maxKeys: number
  readonly #dropped: (item: T, count: number) => void
  #counts = new Map<string, { readonly item: T; count: number }>()

  /** `dropped` is told what there was no room for, and is forgotten. */
  constructor(maxKeys: number, dropped: (item: T, count: number) => void) {
    this.#maxKeys = maxKeys
    this.#dropped = dropped
  }

  get size(): number {
    return this.#counts.size
  }

  add(key: string, item: () => T): void {
    this.#add(key, item, 1)
  }

  /** Empties it. */
  take(): ReadonlyMap<string, Counted<T>> {
    const taken = this.#counts
    this.#counts = new Map()
    return taken
  }

  /** What was taken and could not be written, in slices, and as much of what came meanwhile as there is room for beside it. */
  putBack(slices: readonly ReadonlyMap<string, Counted<T>>[]): void {
    const later = this.#counts
    this.#counts = new Map()
    for (const counts of [...slices, later]) for (const [key, { item, count }] of counts) this.#add(key, () => item, count)
  }

  #add(key: string, item: () => T, count: number): void {
    const known = this.#counts.get(key)
    if (known) known.count += count
    else if (this.#counts.size >= this.#maxKeys) this.#dropped(item(), count)
    else this.#counts.set(key, { item: item(), count })
  }
}
