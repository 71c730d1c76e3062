import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import { type Behind, slicesOf, WrittenBehind } from '../../shared/written-behind.ts'
import { addToHours, holdOpenPeriod, placesOfVersions } from './records.queries.ts'

/** So many kinds of downloads between two flushes are told apart; beyond it, accounts are not, and what is left is one for each version and hour. */
const maxKeys = 50_000
const hourMs = 3_600_000

interface Counted {
  readonly versionId: string
  readonly account: string | null
  readonly hour: number
  count: number
}

export interface DownloadMeterOptions {
  readonly database: Database
  readonly transaction: Transaction
  readonly log: Logger
  readonly flushMs: number
}

type Taken = ReadonlyMap<string, Counted>

/** Adds downloads to the hours they are of, in bulk and off their path; a `kill -9` loses at most one interval and what the write takes. */
export class DownloadMeter implements Behind<Taken>, AsyncDisposable {
  readonly #options: DownloadMeterOptions
  readonly #behind: WrittenBehind<Taken>
  #counted = new Map<string, Counted>()

  constructor(options: DownloadMeterOptions) {
    this.#options = options
    this.#behind = new WrittenBehind(this, { everyMs: options.flushMs })
  }

  /** `account`: null for whoever is not known. */
  count(versionId: string, account: string | null): void {
    this.#add({ versionId, account, hour: Math.floor(Date.now() / hourMs), count: 1 })
  }

  flush(): Promise<void> {
    return this.#behind.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#behind[Symbol.asyncDispose]()
  }

  take(): readonly Taken[] {
    const taken = this.#counted
    this.#counted = new Map()
    return slicesOf(taken)
  }

  putBack(slices: readonly Taken[]): void {
    for (const slice of slices) for (const counted of slice.values()) this.#add(counted)
  }

  write(slice: Taken): Promise<void> {
    return this.#options.transaction.run(() => this.#record([...slice.values()]))
  }

  failed(error: unknown): void {
    this.#options.log.warn({ err: error }, 'downloads not metered yet')
  }

  #add(counted: Counted): void {
    const account = this.#counted.size < maxKeys ? counted.account : null
    const key = `${counted.versionId} ${counted.hour} ${account ?? ''}`
    const known = this.#counted.get(key)
    if (known) known.count += counted.count
    else this.#counted.set(key, { ...counted, account })
  }

  async #record(counted: readonly Counted[]): Promise<void> {
    const { database } = this.#options
    const { closedUntil } = await holdOpenPeriod(database)
    const open = closedUntil === null ? 0 : Date.parse(closedUntil)
    const places = await placesOfVersions(database, [...new Set(counted.map(({ versionId }) => versionId))])
    const consumed = counted.flatMap(({ versionId, account, hour, count }) => {
      const place = places.get(versionId)
      const subject = account === null ? { subjectKind: 'anonymous', subject: '' } : { subjectKind: 'account', subject: account }
      // What comes after its hour was closed belongs to the first one that is open.
      const at = new Date(Math.max(hour * hourMs, open)).toISOString()
      return place ? [{ ...place, ...subject, metric: 'downloads' as const, quantity: count, at }] : []
    })
    await addToHours(database, consumed)
  }
}
