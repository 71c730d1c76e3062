import { releaseBytes } from '../../../shared/kernel/transient-bytes.ts'

// An object has at most 10,000 parts: the parts of a terabyte are larger than those of a gigabyte.
const partsBeforeGrowth = 1_500

/** Cuts a body into parts: one is on its way while the next one is collected. */
export class SegmentWriter {
  readonly #partBytes: number
  readonly #put: (start: number, bytes: Buffer) => Promise<void>
  #start: number
  #pending: Buffer[]
  #pendingBytes: number
  #writing: Promise<unknown> = Promise.resolve()

  /** `head`: bytes that are stored already, but in too small a part. */
  constructor(
    { start, head, partBytes }: { readonly start: number; readonly head: Buffer; readonly partBytes: number },
    put: (start: number, bytes: Buffer) => Promise<void>,
  ) {
    this.#start = start
    this.#partBytes = partBytes
    this.#put = put
    this.#pending = [head]
    this.#pendingBytes = head.length
    this.#headBytes = head.length
  }

  #headBytes: number

  /** End of what was written or is about to be. */
  get position(): number {
    return this.#start + this.#pendingBytes
  }

  /** Everything that arrived is durable when it settles, whichever way (D-11). */
  async writeAll(body: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const chunk of body) {
        this.#pending.push(chunk)
        this.#pendingBytes += chunk.length
        if (this.#pendingBytes >= this.#wantedBytes) await this.#flush()
      }
    } finally {
      await this.#flush()
      await this.#writing
    }
  }

  get #wantedBytes(): number {
    return Math.max(this.#partBytes, Math.ceil(this.#start / partsBeforeGrowth))
  }

  /** Waits for the part before, so that there is never a gap. */
  async #flush(): Promise<void> {
    await this.#writing
    if (this.#pendingBytes === this.#headBytes) return
    const bytes = Buffer.concat(this.#pending)
    for (const chunk of this.#pending) releaseBytes(chunk)
    const start = this.#start
    this.#start += bytes.length
    this.#pending = []
    this.#pendingBytes = 0
    this.#headBytes = 0
    this.#writing = this.#put(start, bytes)
    // It is awaited before the next part; a body that fails first should not make this an unhandled rejection.
    this.#writing.catch(() => undefined)
  }
}
