import type { FileHandle } from 'node:fs/promises'
import { releaseBytes } from '../../../shared/kernel/transient-bytes.ts'

// The 64 KiB default of node's streams halves the throughput (stack.md, decision 8).
const bufferBytes = 1_048_576

// What was written goes to the disk while more arrives, so that little is left to wait for at the end.
const syncEveryBytes = 67_108_864
// A sync holds one of the four threads that all writing, reading and looking up of files shares.
const maxBackgroundSyncs = 2
let backgroundSyncs = 0

/** Writes a body from `offset` on, a megabyte at a time. Durable when it settles, whichever way: bytes of a cut connection count too (D-11). */
export async function appendAll(handle: FileHandle, offset: number, body: AsyncIterable<Buffer>): Promise<void> {
  const writer = new Batches(handle, offset)
  try {
    for await (const chunk of body) {
      const full = writer.add(chunk)
      if (full) await full
    }
  } finally {
    await writer.finish()
  }
}

/** One batch is being written while the next one is collected. */
class Batches {
  readonly #handle: FileHandle
  #position: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #writing: Promise<void> = Promise.resolve()
  #syncing: Promise<void> = Promise.resolve()
  #unsyncedBytes = 0

  constructor(handle: FileHandle, position: number) {
    this.#handle = handle
    this.#position = position
  }

  /** A promise when there is enough to write, and that has to be waited for. */
  add(chunk: Buffer): Promise<void> | undefined {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    return this.#pendingBytes >= bufferBytes ? this.#flush() : undefined
  }

  /** Everything that was added is durable. */
  async finish(): Promise<void> {
    try {
      await this.#flush()
      await this.#writing
    } finally {
      await Promise.all([this.#syncing, this.#handle.datasync()])
    }
  }

  async #flush(): Promise<void> {
    await this.#writing
    const [batch, length] = [this.#pending, this.#pendingBytes]
    if (length === 0) return
    this.#pending = []
    this.#pendingBytes = 0
    this.#syncInBackground()
    this.#writing = this.#write(batch, length)
    // It is awaited before the next one; a body that fails first should not make this an unhandled rejection.
    this.#writing.catch(() => undefined)
  }

  /** `writev` may write less than it was given. */
  async #write(batch: readonly Buffer[], length: number): Promise<void> {
    const { bytesWritten } = await this.#handle.writev(batch, this.#position)
    this.#position += bytesWritten
    this.#unsyncedBytes += bytesWritten
    if (bytesWritten < length) await this.#write([Buffer.concat(batch).subarray(bytesWritten)], length - bytesWritten)
    for (const chunk of batch) releaseBytes(chunk)
  }

  #syncInBackground(): void {
    if (this.#unsyncedBytes < syncEveryBytes || backgroundSyncs >= maxBackgroundSyncs) return
    this.#unsyncedBytes = 0
    backgroundSyncs += 1
    this.#syncing = this.#syncing
      .then(() => this.#handle.datasync())
      .finally(() => {
        backgroundSyncs -= 1
      })
    // The kernel tells of bytes that it could not write once only, so what failed here fails the whole at the end.
    this.#syncing.catch(() => undefined)
  }
}
