import type { KeyObject } from 'node:crypto'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { service } from '../../../shared/kernel/service.ts'
import { openCheckpoint, signCheckpoint } from '../../../shared/transparency/checkpoint.ts'
import { emptyRoot, leafHash } from '../../../shared/transparency/merkle.ts'
import { parseVerifier, verifierText } from '../../../shared/transparency/signed-note.ts'
import { WokenWork } from '../../../shared/woken-work.ts'
import { LogKeyUnfit } from './errors.ts'
import {
  dropPending,
  type Head,
  readHead,
  readLogged,
  readPending,
  readTile,
  writeEntries,
  writeHead,
  writeRefusals,
  writeTiles,
} from './log.queries.ts'
import { entriesOf, secondDigest, sortFacts } from './log-batch.ts'
import type { LogKeysService } from './log-keys.service.ts'
import { originOf } from './origin.ts'
import { appendLeaves, openTiles, type Tile } from './tiles.ts'
import { Tree } from './tree.ts'

const batchSize = 500
const wakeMs = 100
const retryMs = 1_000
/** Only facts that another process noted, one that cannot sign, wait for it. */
const sweepMs = 5_000
// Any constant serves; it only has to be the same in every process.
const lockKey = 7_214_047

export interface LogSequencerDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly info: KernelInfo
  readonly log: Logger
  readonly keys: LogKeysService
  readonly origin: string
}

/**
 * Appends what waits to the log, one process at a time (design.md §3 point 6): entries, tiles and the signed checkpoint are one transaction, so a
 * process that is killed leaves the log as it was, and what waits goes on waiting.
 */
export class LogSequencer implements AsyncDisposable {
  readonly #deps: LogSequencerDeps
  readonly #work: WokenWork
  /** The checkpoint may be one of a key that was replaced while nobody published. */
  #isSignedByUs = false
  #isUnfit = false

  constructor(deps: LogSequencerDeps) {
    this.#deps = deps
    this.#work = new WokenWork(
      () => this.flush(),
      (error) => this.#failed(error),
      { wakeMs, sweepMs },
    )
  }

  wake(): void {
    this.#work.wake()
  }

  /** Resolves when everything that waited before the call is in the log. */
  async flush(): Promise<void> {
    while ((await this.#appendBatch()) === batchSize);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work[Symbol.asyncDispose]()
  }

  #failed(error: unknown): number {
    const isUnfit = error instanceof LogKeyUnfit
    // Another process has the key; this one says so once and leaves the work to it.
    if (!isUnfit || !this.#isUnfit) this.#deps.log.warn({ err: error }, 'versions and tags wait for their place in the log')
    this.#isUnfit = isUnfit
    return isUnfit ? sweepMs : retryMs
  }

  async #appendBatch(): Promise<number> {
    const { database, transaction } = this.#deps
    const done = await transaction.run(async () => {
      const [waiting] = await database.sql`select 1 from log_pending limit 1`
      if (!waiting && this.#isSignedByUs) return 0
      await database.sql`select pg_advisory_xact_lock(${lockKey})`
      const pending = await readPending(database, batchSize)
      await this.#append(pending)
      return pending.length
    })
    this.#isSignedByUs = true
    return done
  }

  async #append(pending: Awaited<ReturnType<typeof readPending>>): Promise<void> {
    const { database, keys, log } = this.#deps
    const head = (await readHead(database)) ?? this.#begin(pending.length > 0)
    if (!head) return
    const { fresh, refused } = sortFacts(pending, await readLogged(database, pending))
    for (const { namespace, name, format, reference, digest, loggedDigest } of refused)
      log.error({ namespace, name, format, version: reference, digest, loggedDigest }, secondDigest)
    const key = await keys.privateKey()
    if (fresh.length > 0) await this.#grow(head, fresh, key)
    else if (!isSignedBy(head, key)) await this.#sign(head, key)
    await writeRefusals(database, refused)
    await dropPending(
      database,
      pending.map(({ id }) => id),
    )
  }

  /** The name of the log is settled with its first entry. */
  #begin(isWanted: boolean): Omit<Head, 'note'> | undefined {
    if (!isWanted) return undefined
    const origin = originOf(this.#deps.info, this.#deps.origin)
    if (origin === undefined)
      throw new Error('a worker does not name the log: a process that answers requests begins it, or signing.logOrigin does')
    return { origin, size: 0, root: emptyRoot }
  }

  async #grow(head: Omit<Head, 'note'>, facts: Awaited<ReturnType<typeof readPending>>, key: KeyObject): Promise<void> {
    const { database } = this.#deps
    const { origin, size } = head
    const [clock] = await database.sql<{ time: string }>`select to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time`
    const entries = entriesOf(facts, { size, time: clock?.time ?? '' })
    await writeEntries(database, entries)
    const tiles = appendLeaves(
      size,
      await this.#openTiles(size),
      entries.map(({ leaf }) => leafHash(leaf)),
    )
    await writeTiles(database, tiles)
    const written = new Map(tiles.map(({ level, index, hashes }) => [`${level}/${index}`, hashes]))
    const tree = new Tree(async (level, index) => written.get(`${level}/${index}`) ?? (await this.#tile(level, index)))
    const grown = size + entries.length
    await this.#sign({ origin, size: grown, root: await tree.root(grown) }, key)
  }

  async #sign(head: Omit<Head, 'note'>, privateKey: KeyObject): Promise<void> {
    await writeHead(this.#deps.database, { ...head, note: signCheckpoint(head, { name: head.origin, privateKey }) })
  }

  #openTiles(size: number): Promise<Tile[]> {
    return Promise.all(openTiles(size).map(async ({ level, index }) => ({ level, index, hashes: await this.#tile(level, index) })))
  }

  async #tile(level: number, index: number): Promise<Buffer> {
    return (await readTile(this.#deps.database, level, index)) ?? Buffer.alloc(0)
  }
}

function isSignedBy(head: Omit<Head, 'note'> & { readonly note?: string }, key: KeyObject): boolean {
  try {
    return head.note !== undefined && openCheckpoint(head.note, parseVerifier(verifierText(head.origin, key))).size === head.size
  } catch {
    return false
  }
}

export const Sequencer = service<LogSequencer>('signing.log_sequencer')
