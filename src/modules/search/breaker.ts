/** Remembers that something does not answer, so that not everybody waits for it: after a failure one caller in `restMs` tries it. */
export class Breaker {
  readonly #restMs: number
  #restsUntil = Number.NEGATIVE_INFINITY
  #isOpen = false

  constructor(restMs: number) {
    this.#restMs = restMs
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** True: try it, and say how it went. */
  admits(): boolean {
    if (!this.#isOpen) return true
    if (performance.now() < this.#restsUntil) return false
    this.open()
    return true
  }

  open(): void {
    this.#isOpen = true
    this.#restsUntil = performance.now() + this.#restMs
  }

  /** It may answer again: the next caller tries it, whenever it failed. */
  retry(): void {
    this.#restsUntil = Number.NEGATIVE_INFINITY
  }

  close(): void {
    this.#isOpen = false
  }
}
