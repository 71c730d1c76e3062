import type { Client } from '@elastic/elasticsearch'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { WokenWork } from '../../../shared/woken-work.ts'
import type { Breaker } from '../breaker.ts'
import { RebuildUnderway } from '../errors.ts'
import type { DocumentBatch, DocumentReader, SearchDriver } from '../search-driver.ts'
import { type Write, writeBulk } from './bulk.ts'
import { type Change, forgetChanges, oldestChanges } from './changes.queries.ts'
import { toIndexed } from './indexed-document.ts'
import type { Indexes, IndexState } from './indexes.ts'

export interface FeedDeps {
  readonly client: Client
  readonly indexes: Indexes
  readonly driver: SearchDriver
  readonly reader: DocumentReader
  readonly database: Database
  readonly breaker: Breaker
  readonly log: Logger
}

const batchSize = 500
/** With the time that documents wait for company and that Elasticsearch takes to make writes searchable, a publish is found within 2 s. */
const lookMs = 200
const retryMs = 2_000
/** How long it may go unnoticed that somebody removed the index while nothing changes. */
const checkMs = 30_000

/** Brings what changed in Postgres to Elasticsearch, and builds the index where there is none. In any number of processes at a time. */
export class Feed implements AsyncDisposable {
  readonly #deps: FeedDeps
  readonly #work: WokenWork
  readonly #stop = new AbortController()
  #checkedAt = Number.NEGATIVE_INFINITY
  #isBehind = false
  #flushing: Promise<void> = Promise.resolve()

  constructor(deps: FeedDeps) {
    this.#deps = deps
    this.#work = new WokenWork(
      () => this.flush(),
      () => retryMs,
      { wakeMs: lookMs, sweepMs: lookMs },
    )
  }

  wake(): void {
    this.#work.wake(0)
  }

  /** Resolves when what changed before the call is in the index. Throws when Elasticsearch does not answer. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(
      () => this.#bringAll(),
      () => this.#bringAll(),
    )
    return this.#flushing
  }

  /** Every document into a new index, whatever the present one has. `onProgress` is told how many artifacts were looked at, and may throw. */
  rebuild(onProgress: (done: number) => void | Promise<void> = () => {}): Promise<number> {
    return this.#deps.driver.rebuild(this.#allDocuments(onProgress))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#work[Symbol.asyncDispose]()
  }

  async #bringAll(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted && (await this.#bringBatch()) === batchSize);
    } catch (error) {
      this.#fellBehind(error)
      throw error
    }
  }

  /** Changes first, then where they go to, then the documents: an index that is opened after the second is built from what the third has. */
  async #bringBatch(): Promise<number> {
    const { database, indexes } = this.#deps
    const changes = await oldestChanges(database, batchSize)
    if (changes.length === 0 && performance.now() < this.#checkedAt + checkMs) return 0
    const { targets } = await this.#ready(await indexes.state())
    if (targets.length === 0) return 0
    await this.#write(changes, targets)
    await forgetChanges(database, changes)
    this.#caughtUp()
    return changes.length
  }

  async #write(changes: readonly Change[], aliases: readonly string[]): Promise<void> {
    const { client, reader, log } = this.#deps
    const { documents } = await reader.read(changes.map(({ artifactId }) => artifactId))
    const byId = new Map(documents.map((document) => [document.artifactId, document]))
    const writes = changes.map(({ artifactId, number }): Write => {
      const document = byId.get(artifactId)
      return document ? { artifactId, number, document: toIndexed(document) } : { artifactId, number }
    })
    await writeBulk(client, writes, { aliases, isSeen: changes.some(({ hides }) => hides), log })
  }

  async #ready(state: IndexState): Promise<IndexState> {
    if (state.current !== undefined && state.isOfForm) {
      this.#checkedAt = performance.now()
      return state
    }
    const { log, indexes, breaker } = this.#deps
    try {
      const documents = await this.rebuild()
      // Searches failed for want of it.
      breaker.retry()
      log.info({ documents }, 'the index of Elasticsearch was built')
    } catch (error) {
      // Another process is at it, and answers come from where they came from until it is done.
      if (!(error instanceof RebuildUnderway)) throw error
    }
    return indexes.state()
  }

  async *#allDocuments(onProgress: (done: number) => void | Promise<void>): AsyncIterable<DocumentBatch> {
    let done = 0
    for await (const batch of this.#deps.reader.readAll()) {
      this.#stop.signal.throwIfAborted()
      yield batch
      done += batch.artifactIds.length
      await onProgress(done)
    }
  }

  #caughtUp(): void {
    const { breaker, log } = this.#deps
    if (!this.#isBehind) return
    // Whether searches are answered, searches alone tell: one may try at once.
    breaker.retry()
    log.info({}, 'Elasticsearch takes changes again')
    this.#isBehind = false
  }

  #fellBehind(error: unknown): void {
    if (!this.#isBehind && !this.#stop.signal.aborted) this.#deps.log.warn({ err: error }, 'changes wait for Elasticsearch')
    this.#isBehind = true
  }
}
