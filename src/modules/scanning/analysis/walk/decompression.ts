import { once } from 'node:events'
import type { Transform } from 'node:stream'
import { createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib'
import type { Chunks } from './byte-reader.ts'
import { ArchiveRefused, type Budget } from './limits.ts'
import { zstdFrames } from './zstd-frames.ts'

export type Compression = 'gzip' | 'zstd' | 'zlib' | 'deflate'

const chunkSize = 262_144
/** The part of a transform that says how much of its input it took. */
interface Counting {
  readonly bytesWritten: number
}
const openers: Readonly<Record<Compression, () => Transform & Counting>> = {
  gzip: () => createGunzip({ chunkSize }),
  zstd: () => createZstdDecompress({ chunkSize }),
  zlib: () => createInflate({ chunkSize }),
  deflate: () => createInflateRaw({ chunkSize }),
}

/** What a transform was given. */
interface Fed {
  bytes: number
  failure: unknown
  /** The last chunks, those it took left out. */
  recent: Buffer[]
  recentBytes: number
}

/** Unpacks chunk by chunk, on the budget; throws ArchiveRefused for a bomb and for bytes that are no such stream. */
export async function* decompressed(source: Chunks, compression: Compression, budget: Budget): AsyncGenerator<Buffer, void, undefined> {
  const { maxRatio, ratioFromBytes } = budget.limits
  const transform = openers[compression]()
  const fed: Fed = { bytes: 0, failure: undefined, recent: [], recentBytes: 0 }
  const parts = kept(compression === 'zstd' ? zstdFrames(source) : source)
  const feeding = feed(parts, transform, fed)
  let given = 0
  try {
    for await (const chunk of transform as AsyncIterable<Buffer>) {
      given += chunk.length
      budget.spendBytes(chunk.length)
      if (given > ratioFromBytes && given > fed.bytes * maxRatio) {
        throw new ArchiveRefused('archive/bomb', `${compression} unpacks to more than ${maxRatio} times its size`)
      }
      yield chunk
    }
    transform.destroy()
    await feeding
    await refuseHidden(fed, transform, parts)
  } catch (error) {
    if (fed.failure !== undefined) throw fed.failure
    throw isOfZlib(error) ? new ArchiveRefused('archive/damaged', `${compression}: ${(error as Error).message}`) : error
  } finally {
    // The source has one reader at a time: whoever goes on with it waits until feeding has let go.
    transform.destroy()
    await feeding
  }
}

/** Not `pipeline`: it would close a source that others go on reading. */
async function feed(parts: AsyncGenerator<Buffer, void, undefined>, transform: Transform & Counting, fed: Fed): Promise<void> {
  try {
    for (let step = await parts.next(); !step.done; step = await parts.next()) {
      fed.bytes += step.value.length
      fed.recent.push(step.value)
      fed.recentBytes += step.value.length
      if (transform.destroyed) return
      if (!transform.write(step.value)) await drained(transform)
      forgetTaken(fed, transform)
    }
    transform.end()
  } catch (error) {
    if (transform.destroyed) return
    fed.failure = error
    transform.destroy(error as Error)
  }
}

/** Listens no longer than it waits: a stream of many chunks would gather listeners. */
async function drained(transform: Transform): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  await Promise.race([once(transform, 'drain', { signal }), once(transform, 'close', { signal })]).finally(() => over.abort())
}

const untaken = (fed: Fed, { bytesWritten }: Counting): number => fed.bytes - bytesWritten

function forgetTaken(fed: Fed, transform: Counting): void {
  for (let first = fed.recent[0]; first && fed.recentBytes - first.length >= untaken(fed, transform); first = fed.recent[0]) {
    fed.recentBytes -= first.length
    fed.recent.shift()
  }
}

/** Node takes zeros for the end of a stream; other readers take them for padding and unpack what follows. */
async function refuseHidden(fed: Fed, transform: Counting, rest: AsyncIterable<Buffer>): Promise<void> {
  const left = untaken(fed, transform)
  const last = left === 0 ? [] : [Buffer.concat(fed.recent).subarray(-left)]
  for (const part of last) refuseUnlessZeros(part)
  for await (const part of rest) refuseUnlessZeros(part)
}

function refuseUnlessZeros(part: Buffer): void {
  if (part.some((byte) => byte !== 0))
    throw new ArchiveRefused('archive/damaged', 'there are bytes behind the end of the compressed stream')
}

/** Breaking out of a loop over it leaves the source open. */
async function* kept(source: Chunks): AsyncGenerator<Buffer, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  for (let step = await iterator.next(); !step.done; step = await iterator.next()) yield step.value
}

const isOfZlib = (error: unknown): boolean =>
  /^(Z_|ERR_ZSTD|ZSTD_|ERR_BROTLI|ERR_STREAM_PREMATURE)/.test((error as { code?: string }).code ?? '')
