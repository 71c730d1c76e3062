import { LRUCache } from 'lru-cache'
import { byCount } from '../../../shared/kernel/by-count.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { RegistryKeys } from '../../signing/contract.ts'
import type { Signature } from './document-thread.ts'
import { expectedHash } from './tarball-hash.ts'
import type { UpstreamVersion } from './upstream-document.ts'

const maxRemembered = 20_000
const rememberMs = 3_600_000

/** Of what this registry hands on after it has checked it. Remembered, because each signature of the same text is another text, and so is its document. */
export class UpstreamSignatures {
  readonly #parts: { readonly registryKeys: RegistryKeys; readonly log: Logger }
  readonly #known = new LRUCache<string, Signature>({ ...byCount(maxRemembered), ttl: rememberMs })

  constructor(parts: { readonly registryKeys: RegistryKeys; readonly log: Logger }) {
    this.#parts = parts
  }

  /** `undefined` where there is nothing to check it by, or no key. */
  async of(name: string, version: UpstreamVersion): Promise<Signature | undefined> {
    if (expectedHash(version)?.algorithm !== 'sha512') return undefined
    const text = `${name}@${version.version}:${version.integrity}`
    const known = this.#known.get(text)
    if (known) return known
    try {
      const signature = await this.#parts.registryKeys.sign(text)
      this.#known.set(text, signature)
      return signature
    } catch (error) {
      this.#parts.log.warn({ err: error, package: name }, 'a version from another registry is not signed')
      return undefined
    }
  }
}
