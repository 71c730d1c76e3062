import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parentPort } from 'node:worker_threads'
import { brotliCompressSync, constants, createBrotliCompress, createGzip, createZstdCompress, type Gzip, zstdCompressSync } from 'node:zlib'
import type { PackumentForm } from '../contract.ts'
import { type Ask, fileNameOf, type LateEncoding, type Reply, type Task, type WrittenDocument, type WrittenForm } from './messages.ts'

// The entry of a worker thread: documents are hashed, compressed and written here, away from the loop that answers requests.

const gzipLevel = 6
// The window bounds the memory of whoever reads it, too.
const brotli = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_LGWIN]: 20 }
const zstd = { [constants.ZSTD_c_compressionLevel]: 9 }

/** One form on its way into two files. */
class FormFiles {
  readonly #plain: FileHandle
  readonly #packed: WriteStream
  readonly #gzip: Gzip = createGzip({ level: gzipLevel })
  readonly #packing: Promise<void>
  readonly #hash = createHash('sha256')
  #bytes = 0

  private constructor(plain: FileHandle, packed: WriteStream) {
    this.#plain = plain
    this.#packed = packed
    this.#packing = pipeline(this.#gzip, packed)
    this.#packing.catch(() => undefined)
  }

  static async open(folder: string, form: PackumentForm): Promise<FormFiles> {
    const plain = await open(join(folder, fileNameOf(form, 'identity')), 'wx')
    return new FormFiles(plain, createWriteStream(join(folder, fileNameOf(form, 'gzip')), { flags: 'wx', flush: true }))
  }

  /** Gives the memory of the bytes back when they are written: the collector of this thread would let a lot of them pile up. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#hash.update(bytes)
    this.#bytes += bytes.length
    const packed = new Promise<void>((resolve, reject) => this.#gzip.write(bytes, (error) => (error ? reject(error) : resolve())))
    packed.catch(() => undefined)
    for (let at = 0; at < bytes.length; ) at += (await this.#plain.write(bytes, at)).bytesWritten
    await packed
    bytes.buffer.transfer(0)
  }

  async finish(): Promise<WrittenForm> {
    this.#gzip.end()
    await this.#packing
    await this.#plain.sync()
    await this.#plain.close()
    return {
      revision: this.#hash.digest('base64url').slice(0, 27),
      sizes: { identity: this.#bytes, gzip: this.#packed.bytesWritten },
    }
  }

  async abort(): Promise<void> {
    this.#gzip.destroy()
    await this.#packing.catch(() => undefined)
    await this.#plain.close()
  }
}

interface Job {
  readonly full: FormFiles
  readonly abbreviated: FormFiles
}
const jobs = new Map<number, Job>()

function jobOf(number: number): Job {
  const job = jobs.get(number)
  if (!job) throw new Error(`there is no job ${number}`)
  return job
}

async function run(task: Task): Promise<unknown> {
  switch (task.kind) {
    case 'open': {
      const full = await FormFiles.open(task.folder, 'full')
      jobs.set(task.job, { full, abbreviated: await FormFiles.open(task.folder, 'abbreviated') })
      return undefined
    }
    case 'write': {
      const { full, abbreviated } = jobOf(task.job)
      return Promise.all([full.write(task.bytes.full), abbreviated.write(task.bytes.abbreviated)]).then(() => undefined)
    }
    case 'finish':
      return finish(task.job)
    case 'abort': {
      const job = jobs.get(task.job)
      jobs.delete(task.job)
      await Promise.all([job?.full.abort(), job?.abbreviated.abort()])
      return undefined
    }
    case 'compress-file':
      return compressFile(task)
    case 'compress':
      return task.encoding === 'br' ? brotliCompressSync(task.bytes, { params: brotli }) : zstdCompressSync(task.bytes, { params: zstd })
  }
}

async function finish(number: number): Promise<WrittenDocument> {
  const { full, abbreviated } = jobOf(number)
  const written = { full: await full.finish(), abbreviated: await abbreviated.finish() }
  jobs.delete(number)
  return written
}

async function compressFile({ from, to, encoding }: { from: string; to: string; encoding: LateEncoding }): Promise<number> {
  const unfinished = `${to}.${process.pid}.tmp`
  const compressor = encoding === 'br' ? createBrotliCompress({ params: brotli }) : createZstdCompress({ params: zstd })
  const target = createWriteStream(unfinished, { flush: true })
  try {
    await pipeline(createReadStream(from, { highWaterMark: 262_144 }), compressor, target)
    await rename(unfinished, to)
    return target.bytesWritten
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

parentPort?.on('message', ({ id, ...task }: Ask) => {
  const answer = (reply: Reply): void => parentPort?.postMessage(reply)
  run(task as Task).then(
    (result) => answer({ id, result }),
    (error: unknown) => answer({ id, error: error instanceof Error ? error.message : String(error) }),
  )
})
