import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Metering, UsageSum, UsageSumsQuery } from './contract.ts'
import type { DownloadMeter } from './download-meter.ts'
import { CloseInvalid } from './errors.ts'
import { closePeriod, dropRecords } from './records.queries.ts'
import { readSums } from './totals.queries.ts'
import { instantOf } from './usage-record.ts'

export interface RecordUpkeep {
  /** Single records that are past all questions; their sums stay. What is left at an abort, the next call does. */
  dropOld(signal: AbortSignal): Promise<void>
}
export const RecordUpkeep = service<RecordUpkeep>('metering.record_upkeep')

const hourMs = 3_600_000
const maxSums = 1_000
const batchSize = 1_000

interface MeteringOptions {
  readonly transaction: Transaction
  readonly keepDays: number
  readonly meter: DownloadMeter
}

export class MeteringService implements Metering, RecordUpkeep {
  readonly #database: Database
  readonly #options: MeteringOptions

  constructor(database: Database, options: MeteringOptions) {
    this.#database = database
    this.#options = options
  }

  flush(): Promise<void> {
    return this.#options.meter.flush()
  }

  sums(query: UsageSumsQuery): Promise<readonly UsageSum[]> {
    return readSums(this.#database, { ...query, limit: Math.min(query.limit, maxSums) })
  }

  async close(until: string): Promise<void> {
    const instant = instantOf(until)
    if (instant === undefined || Date.parse(instant) % hourMs !== 0) throw new CloseInvalid()
    if (!(await this.#options.transaction.run(() => closePeriod(this.#database, instant)))) throw new CloseInvalid()
  }

  async dropOld(signal: AbortSignal): Promise<void> {
    for (let dropped = batchSize; dropped === batchSize && !signal.aborted; )
      dropped = await dropRecords(this.#database, this.#options.keepDays, batchSize)
  }
}
