export type Chunks = AsyncIterable<Buffer>

/** The bytes ended before what they announced. */
export class Truncated extends Error {
  override readonly name = 'Truncated'
}

const nothing = Buffer.alloc(0)

/** Pulls exact counts of bytes out of a stream of chunks, holding no more than one chunk beyond what was asked for. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>
  #held: Buffer = nothing
  #ended = false
  /** Bytes handed out or skipped so far. */
  position = 0

  constructor(source: Chunks) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next bytes without taking them; fewer only at the end. */
  async peek(count: number): Promise<Buffer> {
    if (this.#held.length < count && !this.#ended) {
      const parts = [this.#held]
      let length = this.#held.length
      while (length < count) {
        const chunk = await this.#next()
        if (!chunk) break
        parts.push(chunk)
        length += chunk.length
      }
      this.#held = Buffer.concat(parts, length)
    }
    return this.#held.subarray(0, count)
  }

  /** Exactly so many bytes; throws Truncated. */
  async read(count: number): Promise<Buffer> {
    const bytes = await this.peek(count)
    if (bytes.length < count) throw new Truncated(`${count} bytes expected, ${bytes.length} left`)
    this.#drop(count)
    return bytes
  }

  /** The next chunk of at most so many bytes, as it came; undefined at the end. */
  async some(atMost: number): Promise<Buffer | undefined> {
    if (this.#held.length === 0) {
      const chunk = await this.#next()
      if (!chunk) return undefined
      this.#held = chunk
    }
    const bytes = this.#held.subarray(0, atMost)
    this.#drop(bytes.length)
    return bytes
  }

  /** Throws Truncated when there are fewer. */
  async skip(count: number): Promise<void> {
    let left = count
    while (left > 0) {
      const bytes = await this.some(left)
      if (!bytes) throw new Truncated(`${left} bytes missing`)
      left -= bytes.length
    }
  }

  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    for (let chunk = await this.some(Number.MAX_SAFE_INTEGER); chunk; chunk = await this.some(Number.MAX_SAFE_INTEGER)) yield chunk
  }

  async isAtEnd(): Promise<boolean> {
    return (await this.peek(1)).length === 0
  }

  #drop(count: number): void {
    this.#held = this.#held.subarray(count)
    this.position += count
  }

  async #next(): Promise<Buffer | undefined> {
    while (!this.#ended) {
      const { value, done } = await this.#source.next()
      if (done) this.#ended = true
      else if (value.length > 0) return value
    }
    return undefined
  }
}
