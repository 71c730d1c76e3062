import { createHash, type Hash } from 'node:crypto'
import { releaseBytes } from '../../shared/kernel/transient-bytes.ts'
import type { BlobDriver } from './contract.ts'
import { UploadTooLarge } from './errors.ts'

export type HashAlgorithm = 'sha256' | 'sha512'

/** Running digests of one content. sha256 is always computed, because every blob is known by it. */
export class ContentHash {
  readonly #hashes: ReadonlyMap<HashAlgorithm, Hash>
  #sizeBytes = 0

  constructor(wanted: HashAlgorithm = 'sha256') {
    this.#hashes = new Map([...new Set<HashAlgorithm>(['sha256', wanted])].map((name) => [name, createHash(name)]))
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  update(chunk: Buffer): void {
    this.#sizeBytes += chunk.length
    for (const hash of this.#hashes.values()) hash.update(chunk)
  }

  /** By algorithm, in hex. The content can grow on afterwards. */
  digests(): ReadonlyMap<HashAlgorithm, string> {
    return new Map([...this.#hashes].map(([name, hash]) => [name, hash.copy().digest('hex')]))
  }
}

/**
 * Passes the bytes on while hashing them; fails before it passes on more than `maxBytes` in all. No stream of its own: that would read ahead, and
 * lose what it had read when the body is cut.
 */
export async function* hashed(body: AsyncIterable<Buffer>, hash: ContentHash, maxBytes: number): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    if (hash.sizeBytes + chunk.length > maxBytes) throw new UploadTooLarge(maxBytes)
    hash.update(chunk)
    yield chunk
  }
}

/** Hashes what an unfinished upload already has, after a restart. */
export async function hashUpload(driver: BlobDriver, uploadKey: string, wanted: HashAlgorithm): Promise<ContentHash> {
  const hash = new ContentHash(wanted)
  if ((await driver.uploadSize(uploadKey)) === 0) return hash
  for await (const chunk of (await driver.readUpload(uploadKey)) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    releaseBytes(chunk)
  }
  return hash
}
