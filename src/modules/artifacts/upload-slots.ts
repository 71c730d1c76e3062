import { TooManyUploads } from './errors.ts'

/** Bounds how many bodies this process writes at once (D-18): one more is refused before a byte of it is read. */
export class UploadSlots {
  #free: number

  constructor(slots: number) {
    this.#free = slots
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) throw new TooManyUploads()
    this.#free -= 1
    try {
      return await work()
    } finally {
      this.#free += 1
    }
  }
}
