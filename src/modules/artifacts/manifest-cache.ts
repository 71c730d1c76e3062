import { LRUCache } from 'lru-cache'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'

export interface ManifestContent {
  readonly mediaType: string
  readonly content: Buffer
}

/** That an artifact has a manifest; the bytes are kept once for all artifacts. */
interface Link {
  readonly mediaType: string
}

const maxManifestBytes = 1_048_576
const maxBytes = 67_108_864
// A row of the cache costs about that much beside its bytes.
const overheadBytes = 256

/** Manifests in memory: who has which can change, what a digest stands for cannot. */
export class ManifestCache {
  readonly #links: LocalCache<Link>
  readonly #contents = new LRUCache<string, Buffer>({ maxSize: maxBytes, sizeCalculation: ({ length }) => length + overheadBytes })

  constructor(caches: LocalCaches) {
    this.#links = caches.create<Link>({ name: 'artifacts.linked-manifests', maxEntries: 50_000, ttlMs: 30_000 })
  }

  async get(artifactId: string, digest: string, load: () => Promise<ManifestContent | undefined>): Promise<ManifestContent | undefined> {
    const link = await this.#links.get(keyOf(artifactId, digest), async () => {
      const found = await load()
      if (!found) return undefined
      this.remember(digest, found.content)
      return { mediaType: found.mediaType }
    })
    if (!link) return undefined
    const content = this.#contents.get(digest)
    if (content) return { ...link, content }
    const found = await load()
    if (found) this.remember(digest, found.content)
    return found
  }

  /** Bytes that were checked against the digest. */
  remember(digest: string, content: Buffer): void {
    if (content.length <= maxManifestBytes) this.#contents.set(digest, content)
  }

  unlinked(artifactId: string, digest: string): void {
    this.#links.invalidate(keyOf(artifactId, digest))
  }
}

const keyOf = (artifactId: string, digest: string): string => `${artifactId}/${digest}`
