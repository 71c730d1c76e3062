import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { LRUCache } from 'lru-cache'
import { byCount } from '../../../shared/kernel/by-count.ts'
import { BlobMissing, UploadBusy, UploadUnknown, WrongOffset } from '../errors.ts'
import { objectKey, readChain, type Segment, segmentName, sizeOf, touchedName, type UploadChain, writerOf, writeState } from './s3-chain.ts'
import { SegmentWriter } from './s3-segments.ts'
import type { S3Store } from './s3-store.ts'

// No store takes smaller parts, but for the last one of an object.
const minPartBytes = 5_242_880

/**
 * Unfinished uploads: objects of at least a part each, which become one object in the end without coming here again. All there is to know is in the
 * store. Every append is a writer of its own, so that what a writer that was cut off or timed out elsewhere still writes is not counted.
 */
export class S3Uploads {
  readonly #store: S3Store
  readonly #partBytes: number
  readonly #busy = new Set<string>()
  /** What was last hashed here. */
  readonly #seen = new LRUCache<string, string>(byCount(10_000))

  constructor(store: S3Store, partBytes: number) {
    this.#store = store
    this.#partBytes = partBytes
  }

  async size(key: string): Promise<number> {
    return (await readChain(this.#store, key))?.sizeBytes ?? 0
  }

  append(key: string, offset: number, body: AsyncIterable<Buffer>): Promise<void> {
    return this.#exclusively(key, async () => {
      const chain = await readChain(this.#store, key)
      const sizeBytes = chain?.sizeBytes ?? 0
      if (sizeBytes !== offset) throw new WrongOffset(sizeBytes)
      const writer = randomUUID()
      await writeState(this.#store, key, { writer, base: [...(chain?.segments ?? [])] })
      await this.#store.removeAll((chain?.stale ?? []).map((name) => objectKey(key, name)))
      await this.#write(key, { writer, segments: chain?.segments ?? [] }, body)
    })
  }

  async #write(key: string, { writer, segments }: Pick<UploadChain, 'writer' | 'segments'>, body: AsyncIterable<Buffer>): Promise<void> {
    const last = segments.at(-1)
    const end = last && last.sizeBytes < minPartBytes ? last : undefined
    const head = end ? await this.#bytesOf(key, end) : Buffer.alloc(0)
    const written: string[] = []
    const put = async (start: number, bytes: Buffer): Promise<void> => {
      const name = objectKey(key, segmentName(writer, start))
      written.push(name)
      await this.#store.put(name, bytes)
    }
    const segmentWriter = new SegmentWriter({ start: end?.start ?? sizeOf(segments), head, partBytes: this.#partBytes }, put)
    try {
      await segmentWriter.writeAll(body)
    } finally {
      await this.#checkWriter(key, writer, written)
    }
    this.#seen.set(key, seenAs(writer, segmentWriter.position))
  }

  /** Whoever began to write meanwhile has not seen these bytes. */
  async #checkWriter(key: string, writer: string, written: readonly string[]): Promise<void> {
    if ((await writerOf(this.#store, key)) === writer) return
    await this.#store.removeAll(written)
    throw new UploadBusy()
  }

  async #bytesOf(key: string, { name }: Segment): Promise<Buffer> {
    return Buffer.concat(await (await this.#store.read(objectKey(key, name))).toArray())
  }

  async read(key: string): Promise<Readable> {
    const chain = await readChain(this.#store, key)
    if (!chain) throw new BlobMissing()
    this.#seen.set(key, seenAs(chain.writer, chain.sizeBytes))
    return Readable.from(this.#bytes(key, chain.segments), { objectMode: false })
  }

  async *#bytes(key: string, segments: readonly Segment[]): AsyncGenerator<Buffer> {
    for (const { name } of segments) yield* (await this.#store.read(objectKey(key, name))) as AsyncIterable<Buffer>
  }

  commit(key: string, target: string): Promise<void> {
    return this.#exclusively(key, async () => {
      const chain = await readChain(this.#store, key)
      if (!chain) throw new UploadUnknown()
      const seen = this.#seen.get(key)
      this.#seen.delete(key)
      // Somebody wrote to it after it was hashed here.
      if (seen !== undefined && seen !== seenAs(chain.writer, chain.sizeBytes)) throw new UploadBusy()
      await this.#store.concatenate(
        target,
        chain.segments.map(({ name, sizeBytes }) => ({ key: objectKey(key, name), sizeBytes })),
      )
      if ((await writerOf(this.#store, key)) !== chain.writer) {
        await this.#store.remove(target)
        throw new UploadBusy()
      }
      await this.#drop(key)
    })
  }

  async remove(key: string): Promise<void> {
    this.#seen.delete(key)
    await this.#drop(key)
  }

  async #drop(key: string): Promise<void> {
    const objects = await this.#store.listAll(objectKey(key, ''))
    await this.#store.removeAll(objects.map((object) => object.key))
  }

  touch(key: string): Promise<void> {
    return this.#store.put(objectKey(key, touchedName), Buffer.alloc(0))
  }

  async #exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy.has(key)) throw new UploadBusy()
    this.#busy.add(key)
    try {
      return await work()
    } finally {
      this.#busy.delete(key)
    }
  }
}

const seenAs = (writer: string, sizeBytes: number): string => `${writer}:${sizeBytes}`
