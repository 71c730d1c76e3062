import { LRUCache } from 'lru-cache'
import { releaseBytes } from '../../shared/kernel/transient-bytes.ts'
import type { BlobContent } from '../artifacts/contract.ts'

const maxBytes = 65_536

/** Tarballs that are asked for often and cost more to open than to send. Whoever asks has shown the right to the version. */
export class SmallTarballs {
  readonly #kept: LRUCache<string, Buffer> | undefined

  constructor(memoryBytes: number) {
    if (memoryBytes === 0) return
    this.#kept = new LRUCache({ maxSize: memoryBytes, sizeCalculation: (content) => content.length + 256 })
  }

  /** Hot. */
  find(digest: string): Buffer | undefined {
    return this.#kept?.get(digest)
  }

  /** `content` is handed over: nobody changes it any more. */
  keep(digest: string, content: Buffer): void {
    if (content.length <= maxBytes && content.length > 0) this.#kept?.set(digest, content)
  }

  /** `undefined` for what is large, or is got without this process. */
  async load(blob: BlobContent): Promise<Buffer | undefined> {
    if (!this.#kept || blob.sizeBytes > maxBytes || blob.sizeBytes === 0) return undefined
    if (await blob.locate?.({ mediaType: 'application/octet-stream' })) return undefined
    const chunks: Buffer[] = []
    for await (const chunk of await blob.read({ start: 0, end: blob.sizeBytes - 1 })) {
      chunks.push(Buffer.from(chunk as Buffer))
      releaseBytes(chunk as Buffer)
    }
    const content = Buffer.concat(chunks)
    if (content.length === blob.sizeBytes) this.keep(blob.digest, content)
    return content
  }
}
