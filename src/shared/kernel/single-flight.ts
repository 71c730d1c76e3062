/** Work that many ask for at once and that is done once: whoever comes while it runs waits for the same end. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>()

  do(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key)
    if (running) return running
    const started = work().finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }
}
