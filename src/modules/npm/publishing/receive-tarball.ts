import { Readable } from 'node:stream'
import type { Blobs, StoredBlob } from '../../artifacts/contract.ts'
import type { InspectedTarball, Tarballs } from '../../packuments/contract.ts'
import { decodeBase64 } from './base64.ts'

export interface ReceivedTarball {
  readonly inspected: InspectedTarball
  /** Of a tarball that came whole. */
  readonly content?: Buffer
  /** Called once, when all that is known of it is in order. */
  store(): Promise<StoredBlob>
}

export interface TarballStores {
  readonly blobs: Blobs
  readonly tarballs: Tarballs
}

/**
 * Reads a tarball that comes as base64. What surely is small waits in memory until everything is checked, and is then written in one go; anything
 * else goes to the store while it arrives, unseen until a version refers to it (D-2, D-18).
 */
export async function receiveTarball(
  content: AsyncIterable<Buffer>,
  isSmall: boolean,
  { blobs, tarballs }: TarballStores,
): Promise<ReceivedTarball> {
  if (isSmall) {
    const bytes = await readSmall(decodeBase64(content))
    const inspected = await tarballs.inspect(bytes)
    return {
      inspected,
      content: bytes,
      store: () => blobs.store(Readable.from([bytes]), { sizeBytes: bytes.length, committedLater: true }),
    }
  }
  const { body, inspected } = tarballs.inspecting(decodeBase64(content))
  const stored = await blobs.store(Readable.from(body), { committedLater: true })
  return { inspected: await inspected(), store: async () => stored }
}

async function readSmall(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
