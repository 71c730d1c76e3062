import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

export interface Sums {
  /** Subresource integrity, sha512. */
  readonly integrity: string
  /** sha1, hexadecimal. */
  readonly shasum: string
}

export const sumsOfFile = (path: string): Promise<Sums> => sumsOf(createReadStream(path))

export async function sumsOf(content: Readable | AsyncIterable<Uint8Array>): Promise<Sums> {
  const [sha512, sha1] = [createHash('sha512'), createHash('sha1')]
  for await (const chunk of content as AsyncIterable<Uint8Array>) {
    sha512.update(chunk)
    sha1.update(chunk)
  }
  return { integrity: `sha512-${sha512.digest('base64')}`, shasum: sha1.digest('hex') }
}

/** Whether the bytes are those a registry speaks of. Integrity may name several algorithms; of what it does not name nothing is known. */
export function areSums(sums: Sums, said: { readonly shasum?: string | undefined; readonly integrity?: string | undefined }): boolean {
  const parts = (said.integrity ?? '').split(/\s+/)
  const sha512 = parts.filter((part) => part.startsWith('sha512-'))
  if (sha512.length > 0) return sha512.includes(sums.integrity)
  return said.shasum === undefined || said.shasum.toLowerCase() === sums.shasum
}
