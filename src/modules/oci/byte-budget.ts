import { TooManyManifests } from './errors.ts'

/** Bounds the bytes of bodies that this process holds as a whole (D-18): what does not fit is refused before a byte of it is read. */
export class ByteBudget {
  #free: number

  constructor(bytes: number) {
    this.#free = bytes
  }

  /** Throws TooManyManifests. */
  async use<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (bytes > this.#free) throw new TooManyManifests()
    this.#free -= bytes
    try {
      return await work()
    } finally {
      this.#free += bytes
    }
  }
}
