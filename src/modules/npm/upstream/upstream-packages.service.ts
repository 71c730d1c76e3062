import { LRUCache } from 'lru-cache'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import { SingleFlight } from '../../../shared/kernel/single-flight.ts'
import type { Slots } from '../../../shared/kernel/slots.ts'
import type { BlobContent } from '../../artifacts/contract.ts'
import type { BuiltDocument, DocumentThread } from './document-thread.ts'
import { UpstreamTarballInvalid, UpstreamUnavailable } from './errors.ts'
import type { KeptDocument, KeptFiles } from './kept-files.ts'
import { blockListOf, matcherOf } from './name-pattern.ts'
import type { NpmUpstream } from './settings.ts'
import type { UpstreamSignatures } from './signatures.ts'
import { type ExpectedHash, expectedHash, hashing } from './tarball-hash.ts'
import { type FetchedDocument, UpstreamClient } from './upstream-client.ts'
import { tarballName } from './upstream-document.ts'

export interface UpstreamParts {
  readonly outbound: Outbound
  readonly signatures: UpstreamSignatures
  readonly files: KeptFiles
  readonly thread: DocumentThread
  /** For documents that are fetched and read. */
  readonly slots: Slots
  readonly log: Logger
  readonly info: { readonly publicUrl: string }
}

interface Held {
  /** Of the copy in the data directory that it was made of. */
  readonly copy: string | undefined
  /** Undefined: there is no such package, or no version of it is shown. */
  readonly document: BuiltDocument | undefined
  readonly changesAtMs: number
  readonly freshUntil: number
  /** The upstream does not answer, and this is what it said before. */
  readonly stale: boolean
}

type Copy = Pick<KeptDocument, 'id' | 'path'>

const memoryBytes = 33_554_432
const bytesPerVersion = 400
/** So long nobody is asked again for what was not there, or by whom nobody answered. */
const retryMs = 10_000
const maxTarballBytes = 536_870_912

/** Packages of one other registry: documents kept and asked for again, tarballs kept for good, all of it checked. */
export class UpstreamPackages {
  readonly #parts: UpstreamParts
  readonly #upstream: NpmUpstream
  readonly #client: UpstreamClient
  readonly #held = new LRUCache<string, Held>({ maxSize: memoryBytes, sizeCalculation: ({ document }) => bytesOf(document) })
  readonly #loads = new SingleFlight<Held>()
  readonly #downloads = new SingleFlight<void>()
  readonly #blockedRanges: (name: string) => readonly string[]
  readonly matches: (name: string) => boolean

  constructor(parts: UpstreamParts, upstream: NpmUpstream) {
    this.#parts = parts
    this.#upstream = upstream
    this.#client = new UpstreamClient(parts.outbound, upstream)
    this.#blockedRanges = blockListOf(upstream.block)
    this.matches = matcherOf(upstream.match)
  }

  get isForEveryone(): boolean {
    const { access, token, username } = this.#upstream
    return access === undefined ? token === undefined && username === undefined : access === 'anyone'
  }

  /** Throws UpstreamUnavailable when nothing is known of the package and nobody answers, and UpstreamsBusy. */
  async find(name: string): Promise<{ readonly document: BuiltDocument; readonly stale: boolean } | undefined> {
    const { document, stale } = await this.#current(name)
    return document && { document, stale }
  }

  /** Whether the upstream has that name, whatever of it is shown here. Throws UpstreamUnavailable or UpstreamsBusy when that cannot be known. */
  async has(name: string): Promise<boolean> {
    if (this.#blockedRanges(name).includes('*')) return true
    return (await this.#current(name)).copy !== undefined
  }

  /** The tarball of `/-/<file>`, checked against its document; `undefined` when no version has it. */
  async tarball(name: string, file: string): Promise<BlobContent | undefined> {
    const found = await this.find(name)
    const served = found?.document.versions.find(({ version }) => tarballName(name, version) === file)
    if (!served) return undefined
    const { files } = this.#parts
    const expected = expectedHash(served)
    if (!expected) throw new UpstreamTarballInvalid()
    const key = `${name}@${served.version} ${expected.algorithm}-${expected.digest}`
    if (!(await files.tarball(key))) await this.#downloads.do(key, () => this.#download(key, served.tarballUrl, expected))
    const kept = await files.tarball(key)
    if (!kept) throw new UpstreamUnavailable(new Error('it was removed in this moment'))
    return { id: kept.digest, ...kept, read: async (range) => files.readTarball(key, kept, range) }
  }

  async #current(name: string): Promise<Held> {
    const held = this.#held.get(name)
    if (held && held.freshUntil > Date.now()) return held
    return this.#loads.do(name, () => this.#parts.slots.use(() => this.#load(name)))
  }

  async #load(name: string): Promise<Held> {
    const { files, log } = this.#parts
    // Nothing of it is shown: nobody has to know that somebody asked.
    if (this.#blockedRanges(name).includes('*')) return this.#remember(name, { document: undefined, freshMs: retryMs })
    const key = `${this.#upstream.url} ${name}`
    const kept = await files.document(key)
    const age = kept === undefined ? Number.POSITIVE_INFINITY : Date.now() - kept.checkedAt.getTime()
    const cacheMs = this.#upstream.cacheSeconds * 1_000
    if (kept && age < cacheMs) return this.#hold(name, kept, { freshMs: cacheMs - age })
    try {
      return await this.#ask(name, key, kept)
    } catch (error) {
      if (!(error instanceof UpstreamUnavailable)) throw error
      const { message: reason } = error.cause instanceof Error ? error.cause : error
      log.warn({ reason, package: name, upstream: this.#upstream.url, known: kept !== undefined }, 'an upstream does not answer')
      if (!kept) throw error
      return this.#hold(name, kept, { freshMs: retryMs, stale: true })
    }
  }

  async #ask(name: string, key: string, kept: KeptDocument | undefined): Promise<Held> {
    const { files } = this.#parts
    const freshMs = this.#upstream.cacheSeconds * 1_000
    const answer = await this.#client.document(name, kept?.validators ?? {})
    if (answer.kind === 'absent') {
      await files.forgetDocument(key)
      return this.#remember(name, { document: undefined, freshMs: retryMs })
    }
    if (answer.kind === 'fresh') return this.#keep(name, key, answer)
    if (!kept) throw new UpstreamUnavailable(new Error('unchanged, but nothing was known'))
    await files.documentChecked(key)
    return this.#hold(name, kept, { freshMs })
  }

  async #keep(name: string, key: string, answer: FetchedDocument & { readonly kind: 'fresh' }): Promise<Held> {
    const freshMs = this.#upstream.cacheSeconds * 1_000
    try {
      return await this.#parts.files.keepDocument(key, answer, (copy) => this.#hold(name, copy, { freshMs }))
    } finally {
      answer.discard()
    }
  }

  async #hold(name: string, copy: Copy, { freshMs, stale = false }: { readonly freshMs: number; readonly stale?: boolean }): Promise<Held> {
    const held = this.#held.get(name)
    const isSame = held?.copy === copy.id && held.changesAtMs > Date.now()
    const built = isSame ? held : await this.#build(name, copy)
    return this.#remember(name, { ...built, copy: copy.id, freshMs, stale })
  }

  async #build(name: string, { path }: Copy): Promise<Pick<Held, 'document' | 'changesAtMs'>> {
    const { thread, info, signatures } = this.#parts
    const { minReleaseAgeHours } = this.#upstream
    const reading = { name, blocked: this.#blockedRanges(name), minAgeMs: minReleaseAgeHours * 3_600_000, nowMs: Date.now() }
    try {
      const order = { path, reading, publicUrl: info.publicUrl, sign: signatures.of.bind(signatures) }
      const { document, changesAtMs } = await thread.build(order)
      return { document, changesAtMs: changesAtMs ?? Number.POSITIVE_INFINITY }
    } catch (error) {
      throw new UpstreamUnavailable(error)
    }
  }

  #remember(name: string, { document, copy, changesAtMs = Number.POSITIVE_INFINITY, freshMs, stale = false }: Remembered): Held {
    const held = { copy, document, changesAtMs, freshUntil: Math.min(Date.now() + freshMs, changesAtMs), stale }
    this.#held.set(name, held)
    return held
  }

  async #download(key: string, url: string, expected: ExpectedHash): Promise<void> {
    const { body, discard } = await this.#client.tarball(url, maxTarballBytes)
    const hashed = hashing(body, expected)
    try {
      await this.#parts.files.keepTarball(key, hashed.body, () => {
        if (!hashed.isRight()) throw new UpstreamTarballInvalid()
      })
    } finally {
      discard()
    }
  }
}

type Remembered = Pick<Held, 'document'> & Partial<Pick<Held, 'copy' | 'changesAtMs' | 'stale'>> & { readonly freshMs: number }

const bytesOf = (document: BuiltDocument | undefined): number =>
  1_024 + (document ? document.full.gzip.length + document.abbreviated.gzip.length + document.versions.length * bytesPerVersion : 0)
