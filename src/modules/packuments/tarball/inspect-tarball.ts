import { createHash, hash } from 'node:crypto'
import { createGunzip, type Gunzip, gunzipSync } from 'node:zlib'
import type { InspectedTarball } from '../contract.ts'
import { PackageJsonInvalid, TarballInvalid, TarballTooLarge } from '../errors.ts'
import { freeUnpackedBytes, maxRatio, type TarballLimits } from './limits.ts'
import { PackageEntries } from './package-entries.ts'
import { TarReader } from './tar-reader.ts'

/**
 * Reads a gzipped tar archive that is pushed at it, in constant memory. Throws TarballInvalid, TarballEntryRefused, TarballTooLarge and
 * PackageJsonInvalid as soon as it knows.
 */
export class TarballInspection {
  readonly #limits: TarballLimits
  readonly #gunzip: Gunzip
  readonly #entries: PackageEntries
  readonly #reader: TarReader
  readonly #sha1 = createHash('sha1')
  readonly #sha512 = createHash('sha512')
  #packed = 0
  #unpacked = 0
  #failure: unknown
  #wake: (() => void) | undefined

  constructor(limits: TarballLimits) {
    this.#limits = limits
    this.#entries = new PackageEntries(limits)
    this.#reader = new TarReader(this.#entries.open)
    this.#gunzip = createGunzip({ rejectGarbageAfterEnd: true, chunkSize: 65_536 })
    this.#gunzip.on('data', (bytes: Buffer) => this.#takeUnpacked(bytes))
    this.#gunzip.on('error', (error) => this.#fail(refusal(error)))
  }

  /** Resolves when the bytes have been read. */
  async write(bytes: Buffer): Promise<void> {
    this.#packed += bytes.length
    if (this.#packed > this.#limits.maxPackedBytes) this.#fail(new TarballTooLarge(`it has more than ${this.#limits.maxPackedBytes} bytes`))
    if (this.#failure !== undefined) throw this.#failure
    this.#sha1.update(bytes)
    this.#sha512.update(bytes)
    await this.#settled((done) => this.#gunzip.write(bytes, done))
  }

  async end(): Promise<InspectedTarball> {
    if (this.#failure !== undefined) throw this.#failure
    await this.#settled((done) => this.#gunzip.once('end', done).end())
    this.#reader.end()
    return found(this.#entries, { sizeBytes: this.#packed, sha1: this.#sha1.digest(), sha512: this.#sha512.digest() })
  }

  /** Gives back what an inspection that is not ended holds. */
  abandon(): void {
    this.#gunzip.destroy()
  }

  #takeUnpacked(bytes: Buffer): void {
    if (this.#failure !== undefined) return
    this.#unpacked += bytes.length
    try {
      this.#checkUnpacked()
      this.#reader.write(bytes)
    } catch (error) {
      this.#fail(error)
    }
  }

  #checkUnpacked(): void {
    const { maxUnpackedBytes } = this.#limits
    if (this.#unpacked > maxUnpackedBytes) throw new TarballTooLarge(`it unpacks to more than ${maxUnpackedBytes} bytes`)
    if (this.#unpacked > freeUnpackedBytes && this.#unpacked > maxRatio * this.#packed)
      throw new TarballTooLarge(`it unpacks to more than ${maxRatio} times its size`)
  }

  async #settled(start: (done: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      start(resolve)
    })
    this.#wake = undefined
    if (this.#failure !== undefined) throw this.#failure
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#gunzip.destroy()
    this.#wake?.()
  }
}

interface PackedBytes {
  readonly sizeBytes: number
  readonly sha1: Buffer
  readonly sha512: Buffer
}

function found(entries: PackageEntries, { sizeBytes, sha1, sha512 }: PackedBytes): InspectedTarball {
  const { packageJson, readme, fileCount, unpackedSize } = entries
  if (!packageJson) throw new PackageJsonInvalid('there is none')
  return {
    ...{ sizeBytes, fileCount, unpackedSize, packageJson, files: entries.files() },
    ...{ shasum: sha1.toString('hex'), integrity: `sha512-${sha512.toString('base64')}`, sha512: sha512.toString('hex') },
    ...(readme && { readme }),
  }
}

/** What is unpacked within a few milliseconds is not worth the way to another thread and back. */
const quickBytes = { packed: 262_144, unpacked: 2_097_152 }

/** A tarball that is in memory. Throws what TarballInspection throws. */
export async function inspectWhole(bytes: Buffer, limits: TarballLimits): Promise<InspectedTarball> {
  const unpacked = bytes.length <= Math.min(quickBytes.packed, limits.maxPackedBytes) ? unpackQuickly(bytes) : undefined
  if (!unpacked || unpacked.length > limits.maxUnpackedBytes) {
    const inspection = new TarballInspection(limits)
    await inspection.write(bytes)
    return inspection.end()
  }
  const entries = new PackageEntries(limits)
  const reader = new TarReader(entries.open)
  reader.write(unpacked)
  reader.end()
  return found(entries, { sizeBytes: bytes.length, sha1: hash('sha1', bytes, 'buffer'), sha512: hash('sha512', bytes, 'buffer') })
}

/** Undefined for what has to be looked at piece by piece. */
function unpackQuickly(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes, { rejectGarbageAfterEnd: true, maxOutputLength: quickBytes.unpacked })
  } catch {
    return undefined
  }
}

const refusals: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'it is cut short',
  ERR_TRAILING_JUNK_AFTER_STREAM_END: 'there is something after its end',
}

function refusal(error: Error): Error {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return code.startsWith('Z_') || code in refusals
    ? new TarballInvalid(refusals[code] ?? 'it is not compressed with gzip, or damaged')
    : error
}

/** A body that is inspected on its way. `inspected` is for when all of `body` was read; what it refuses also ends `body`. */
export function inspecting(body: AsyncIterable<Buffer>, limits: TarballLimits) {
  const inspection = new TarballInspection(limits)
  return {
    body: passing(body, inspection),
    inspected: () => inspection.end(),
  }
}

async function* passing(body: AsyncIterable<Buffer>, inspection: TarballInspection): AsyncGenerator<Buffer> {
  let whole = false
  try {
    for await (const chunk of body) {
      await inspection.write(chunk)
      yield chunk
    }
    whole = true
  } finally {
    if (!whole) inspection.abandon()
  }
}
