import { createCipheriv, createHash } from 'node:crypto'

const batchBytes = 65_536
const words = 3_000

/** The same bytes, numbers and texts for the same seed, on every machine. */
export class Seeded {
  readonly #stream
  readonly #words: readonly string[]
  #batch: Buffer = Buffer.alloc(0)
  #at = 0

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest().subarray(0, 16)
    this.#stream = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
    this.#words = Array.from({ length: words }, () => this.#word())
  }

  /** No compression makes them fewer. */
  bytes(count: number): Buffer {
    return this.#stream.update(Buffer.alloc(count))
  }

  /** From 0 to `below` - 1. */
  below(below: number): number {
    if (this.#at + 4 > this.#batch.length) {
      this.#batch = this.bytes(batchBytes)
      this.#at = 0
    }
    this.#at += 4
    return this.#batch.readUInt32BE(this.#at - 4) % below
  }

  /** True so many times of a hundred. */
  chance(percent: number): boolean {
    return this.below(10_000) < percent * 100
  }

  /** From 0 to `count` - 1, the first as often as Zipf says: twice as often as the second, thrice as often as the third. */
  rank(count: number): number {
    return Math.floor(count ** (this.below(1_000_000) / 1_000_000)) - 1
  }

  /** Most near `smallest`, few near `largest`, as files are. */
  size(smallest: number, largest: number): number {
    const share = (this.below(10_000) / 10_000) ** 3
    return Math.round(smallest * (largest / smallest) ** share)
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0]
  }

  word(): string {
    return this.#words[this.below(words)] ?? ''
  }

  version(): string {
    return `${this.below(12)}.${this.below(30)}.${this.below(20)}`
  }

  #word(): string {
    const syllables = ['ka', 'lo', 'mi', 'ren', 'tu', 'sa', 'vor', 'ed', 'in', 'pol', 'qua', 'ber', 'ix', 'nam', 'gy', 'thor'] as const
    return Array.from({ length: 2 + this.below(3) }, () => this.pick(syllables)).join('')
  }
}
