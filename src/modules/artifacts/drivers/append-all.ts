import type { FileHandle } from 'node:fs/promises'

// The 64 KiB default of node's streams halves the throughput (stack.md, decision 8).
export const bufferBytes = 1_048_576

/** Writes a body from `offset` on, a megabyte at a time. Durable when it settles, whichever way: bytes of a cut connection count too (D-11). */
export async function appendAll(handle: FileHandle, offset: number, body: AsyncIterable<Buffer>): Promise<void> {
  const writer = new Batches(handle, offset)
  try {
    try {
      for await (const chunk of body) await writer.add(chunk)
    } finally {
      await writer.flush()
    }
  } finally {
    await handle.datasync()
  }
}

class Batches {
  readonly #handle: FileHandle
  #position: number
  #pending: Buffer[] = []
  #pendingBytes = 0

  constructor(handle: FileHandle, position: number) {
    this.#handle = handle
    this.#position = position
  }

  async add(chunk: Buffer): Promise<void> {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#pendingBytes >= bufferBytes) await this.flush()
  }

  async flush(): Promise<void> {
    const [batch, length] = [this.#pending, this.#pendingBytes]
    this.#pending = []
    this.#pendingBytes = 0
    if (length > 0) await this.#write(batch, length)
  }

  /** `writev` may write less than it was given. */
  async #write(batch: readonly Buffer[], length: number): Promise<void> {
    const { bytesWritten } = await this.#handle.writev(batch, this.#position)
    this.#position += bytesWritten
    if (bytesWritten < length) await this.#write([Buffer.concat(batch).subarray(bytesWritten)], length - bytesWritten)
  }
}
