import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import { addToHours, holdOpenPeriod, placesOfVersions } from './records.queries.ts'

/** So many kinds of downloads between two flushes are told apart; beyond it, accounts are not. */
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

/** Adds downloads to the hours they are of, in bulk and off their path; a `kill -9` loses at most one interval. */
export class DownloadMeter implements AsyncDisposable {
  readonly #options: DownloadMeterOptions
  readonly #timer: NodeJS.Timeout
  #counted = new Map<string, Counted>()
  #writing: Promise<void> = Promise.resolve()

  constructor(options: DownloadMeterOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.flush().catch((error: unknown) => options.log.warn({ err: error }, 'downloads not metered yet'))
    }, options.flushMs).unref()
  }

  /** `account`: null for whoever is not known. */
  count(versionId: string, account: string | null): void {
    this.#add({ versionId, account, hour: Math.floor(Date.now() / hourMs), count: 1 })
  }

  /** Resolves when everything counted so far is in the database; on failure it is kept for the next flush. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => {}).then(() => this.#write())
    return this.#writing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  #add(counted: Counted): void {
    const account = this.#counted.size < maxKeys ? counted.account : null
    const key = `${counted.versionId} ${counted.hour} ${account ?? ''}`
    const known = this.#counted.get(key)
    if (known) known.count += counted.count
    else this.#counted.set(key, { ...counted, account })
  }

  async #write(): Promise<void> {
    if (this.#counted.size === 0) return
    const taken = this.#counted
    this.#counted = new Map()
    try {
      await this.#options.transaction.run(() => this.#record([...taken.values()]))
    } catch (error) {
      for (const counted of taken.values()) this.#add(counted)
      throw error
    }
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
