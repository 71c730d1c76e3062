import { sql } from 'kysely'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { AnalyticsSettings } from '../settings.ts'
import { DayClosing } from './day-closing.ts'
import { takeOverDaysBefore } from './days-before.queries.ts'
import { dropOlder, dropOldSalts, holdNumbers, type Kept, rank, rollUpSlice, staleStandings } from './roll-up.queries.ts'

const sliceSize = 5_000
/** What somebody searched for once is a slip of the fingers sooner than something that is missing. */
const onceDays = 7
/** Roll-ups wait while standings follow the day. */
const standingsAtOnce = 1_000
const versionsAtOnce = 200

export interface RollUpDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly settings: AnalyticsSettings
}

/** Makes numbers of what was collected, and forgets what was needed for them. */
export class RollUpService {
  readonly #deps: RollUpDeps
  readonly #closing: DayClosing

  constructor(deps: RollUpDeps) {
    this.#deps = deps
    this.#closing = new DayClosing(deps)
  }

  /** Answers how many rows waited. Any number of these may run at once, anywhere. */
  async run(signal?: AbortSignal): Promise<number> {
    const { database, transaction } = this.#deps
    return inSlices(sliceSize, signal, () =>
      transaction.run(async () => {
        await holdNumbers(database)
        const { taken, artifactIds } = await rollUpSlice(database, sliceSize)
        await rank(database, artifactIds)
        return taken
      }),
    )
  }

  /**
   * Days that are over lose their salt and their clients, standings follow the day; what is older than it may be is dropped. Each of it is done
   * whatever becomes of the rest; throws what failed at the end.
   */
  async forget(signal?: AbortSignal): Promise<void> {
    const { database } = this.#deps
    const steps = [
      () => dropOldSalts(database),
      () => inSlices(standingsAtOnce, signal, () => this.#renewStandings()),
      () => inSlices(1, signal, () => this.#takeOverDaysBefore()),
      ...this.#kept.map((kept) => () => inSlices(sliceSize, signal, () => dropOlder(database, { ...kept, limit: sliceSize }))),
      () => this.#closing.closeClients(signal),
      () => this.#closing.dropFewTogether(signal),
    ]
    const failures: unknown[] = []
    for (const step of steps) await step().catch((error: unknown) => failures.push(error))
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} of ${steps.length} steps failed: ${failures.map(String)}`)
  }

  #renewStandings(): Promise<number> {
    const { database, transaction } = this.#deps
    return transaction.run(async () => {
      await holdNumbers(database)
      const stale = await staleStandings(database, standingsAtOnce)
      await rank(database, stale)
      return stale.length
    })
  }

  /** Once, on a registry that counted downloads before there was analytics. */
  #takeOverDaysBefore(): Promise<number> {
    const { database, transaction } = this.#deps
    return transaction.run(async () => {
      await holdNumbers(database)
      const { versions, artifactIds } = await takeOverDaysBefore(database, versionsAtOnce)
      await rank(database, artifactIds)
      return versions
    })
  }

  get #kept(): readonly Kept[] {
    const { eventDays, hourlyDays } = this.#deps.settings
    return [
      { table: 'analytics_minutes', column: 'minute', days: eventDays },
      { table: 'analytics_missed_searches', column: 'day', days: eventDays },
      { table: 'analytics_missed_searches', column: 'day', days: onceDays, only: sql`count = 1` },
      { table: 'analytics_together', column: 'day', days: eventDays },
      { table: 'analytics_hours', column: 'hour', days: hourlyDays },
      { table: 'analytics_traffic', column: 'hour', days: hourlyDays },
    ]
  }
}

/** Until a slice has less than `full`; what is left at an abort, the next run does. */
async function inSlices(full: number, signal: AbortSignal | undefined, slice: () => Promise<number>): Promise<number> {
  let done = 0
  for (let last = full; last >= full && !signal?.aborted; done += last) last = await slice()
  return done
}

export const RollUp = service<RollUpService>('analytics.roll_up')
