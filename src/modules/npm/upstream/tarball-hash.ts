import { createHash } from 'node:crypto'
import type { UpstreamVersion } from './upstream-document.ts'

export interface ExpectedHash {
  readonly algorithm: 'sha512' | 'sha1'
  /** Hexadecimal. */
  readonly digest: string
}

/** The best hash that a document tells of a tarball: sha512, or sha1 as in the years before. `undefined` when it tells none. */
export function expectedHash({ integrity, shasum }: Pick<UpstreamVersion, 'integrity' | 'shasum'>): ExpectedHash | undefined {
  const sha512 = /(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)/.exec(integrity ?? '')?.[1]
  if (sha512 !== undefined) return { algorithm: 'sha512', digest: Buffer.from(sha512, 'base64').toString('hex') }
  return shasum !== undefined && /^[0-9a-f]{40}$/i.test(shasum) ? { algorithm: 'sha1', digest: shasum.toLowerCase() } : undefined
}

/** Hashes bytes on their way. */
export function hashing(body: AsyncIterable<Buffer>, { algorithm, digest }: ExpectedHash) {
  const hash = createHash(algorithm)
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      hash.update(chunk)
      yield chunk
    }
  }
  /** To be asked once, after the last byte. */
  const isRight = (): boolean => hash.digest('hex') === digest
  return { body: hashed(), isRight }
}
