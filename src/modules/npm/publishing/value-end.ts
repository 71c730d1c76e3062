const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const isOpen = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x5b
const isClose = (byte: number | undefined): boolean => byte === 0x7d || byte === 0x5d
const endsScalar = (byte: number | undefined): boolean =>
  byte === comma || isClose(byte) || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Where a JSON value ends, over any number of chunks. Of text that is no JSON it finds some end; whoever parses the value sees that. */
export class ValueEnd {
  #depth = 0
  #inString = false
  #isEscaped = false
  #isScalar = false
  #isBegun = false

  /** The offset behind the value, `undefined` when it goes on in the next chunk. `from` is at its first byte, or at the start of the chunk. */
  find(chunk: Buffer, from: number): number | undefined {
    let at = from
    if (!this.#isBegun && at < chunk.length) {
      this.#isBegun = true
      this.#isScalar = !isOpen(chunk[at]) && chunk[at] !== quote
    }
    if (this.#isScalar) return endOfScalar(chunk, at)
    while (at < chunk.length) {
      at = this.#inString ? this.#afterString(chunk, at) : this.#afterStructure(chunk, at)
      if (!this.#inString && this.#depth === 0) return at
    }
    return undefined
  }

  /** Up to the first quote that ends it, or the end of the chunk. */
  #afterString(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (chunk[at] === backslash) this.#isEscaped = true
      else if (chunk[at] === quote) {
        this.#inString = false
        return at + 1
      }
    }
    return chunk.length
  }

  /** Up to the first quote that begins a string, or the bracket that ends the value. */
  #afterStructure(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at]
      if (byte === quote) {
        this.#inString = true
        return at + 1
      }
      if (isOpen(byte)) this.#depth += 1
      else if (isClose(byte)) {
        this.#depth -= 1
        if (this.#depth === 0) return at + 1
      }
    }
    return chunk.length
  }
}

function endOfScalar(chunk: Buffer, from: number): number | undefined {
  for (let at = from; at < chunk.length; at += 1) if (endsScalar(chunk[at])) return at
  return undefined
}
