import type { Logger } from './logger.ts'

/** What was opened, closed in reverse order and once; each step runs even when another fails. */
export class Teardown {
  readonly #log: Logger
  readonly #steps: { readonly name: string; readonly close: () => Promise<unknown> }[] = []

  #running: Promise<void> | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  add(name: string, close: () => Promise<unknown>): void {
    this.#steps.push({ name, close })
  }

  /** Whoever calls it again waits for the first call. */
  run(): Promise<void> {
    this.#running ??= this.#closeAll()
    return this.#running
  }

  async #closeAll(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.close()
      } catch (error) {
        this.#log.error({ err: error, step: step.name }, 'a step of the stop failed')
      }
    }
  }
}
