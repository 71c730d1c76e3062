import type { Readable } from 'node:stream'
import { parseJson } from '../../shared/kernel/http-json.ts'
import { ManifestTooLarge } from './errors.ts'

const maxBytes = 8_388_608

/** For routes that take either bytes or JSON: reads the JSON within D-15's limits, as the kernel does elsewhere. */
export async function readJson(body: Readable): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new ManifestTooLarge(maxBytes)
    chunks.push(chunk)
  }
  return parseJson(Buffer.concat(chunks))
}
