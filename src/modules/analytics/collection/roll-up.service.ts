import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { AnalyticsSettings } from '../settings.ts'
import { closeClients, dropOlder, dropOldSalts, type Kept, openDays, rollUpSlice } from './roll-up.queries.ts'

const sliceSize = 5_000
const clientsAtOnce = 1_000
/** Of one client on one day. */
const maxTogether = 50

export interface RollUpDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly settings: AnalyticsSettings
}

/** Makes numbers of what was collected, and forgets what was needed for them. */
export class RollUpService {
  readonly #deps: RollUpDeps

  constructor(deps: RollUpDeps) {
    this.#deps = deps
  }

  /** Answers how many rows waited. Any number of these may run at once, anywhere. */
  async run(signal?: AbortSignal): Promise<number> {
    const { database, transaction } = this.#deps
    return inSlices(sliceSize, signal, () => transaction.run(() => rollUpSlice(database, sliceSize)))
  }

  /** Days that are over lose their salt and their clients; what is older than it may be is dropped. */
  async forget(signal?: AbortSignal): Promise<void> {
    const { database } = this.#deps
    await dropOldSalts(database)
    for (const day of await openDays(database))
      await inSlices(1, signal, () => closeClients(database, day, { limit: clientsAtOnce, maxTogether }))
    for (const kept of this.#kept) await inSlices(sliceSize, signal, () => dropOlder(database, { ...kept, limit: sliceSize }))
  }

  get #kept(): readonly Kept[] {
    const { eventDays, hourlyDays } = this.#deps.settings
    return [
      { table: 'analytics_minutes', column: 'minute', days: eventDays },
      { table: 'analytics_missed_searches', column: 'day', days: eventDays },
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
