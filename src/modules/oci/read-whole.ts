import type { Readable } from 'node:stream'
import { BodyTooLarge } from '../../shared/kernel/http-errors.ts'

/** A body of at most `maxBytes`. Throws BodyTooLarge, before reading when the sender announced too much. */
export async function readWhole(
  body: Readable,
  { announced, maxBytes }: { announced: string | undefined; maxBytes: number },
): Promise<Buffer> {
  if (Number(announced ?? 0) > maxBytes) throw new BodyTooLarge()
  const chunks: Buffer[] = []
  let received = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    received += chunk.length
    if (received > maxBytes) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, received)
}
