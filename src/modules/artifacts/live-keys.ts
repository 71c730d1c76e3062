import { service } from '../../shared/kernel/service.ts'
import type { BlobDriver } from './contract.ts'

/** Provided so that the kernel stops it. */
export const Heartbeat = service<AsyncDisposable>('artifacts.heartbeat')

type Kind = 'copy' | 'upload'

/**
 * Files that have no row yet because this process is still at work on them. They are touched regularly, so that the collector of any process
 * sees them young, however slow their sender is.
 */
export class LiveKeys implements AsyncDisposable {
  readonly #driver: BlobDriver
  readonly #kinds = new Map<string, Kind>()
  readonly #timer: NodeJS.Timeout

  constructor(driver: BlobDriver, graceSeconds: number) {
    this.#driver = driver
    this.#timer = setInterval(() => this.#touchAll(), Math.min(graceSeconds * 250, 15_000))
    this.#timer.unref()
  }

  has(key: string): boolean {
    return this.#kinds.has(key)
  }

  async hold<T>(kind: Kind, key: string, work: () => Promise<T>): Promise<T> {
    this.#kinds.set(key, kind)
    try {
      return await work()
    } finally {
      this.#kinds.delete(key)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
  }

  #touchAll(): void {
    // A failure here only makes a file look older than it is; the write itself will report what is wrong.
    for (const [key, kind] of this.#kinds) this.#driver.touch(kind, key).catch(() => undefined)
  }
}
