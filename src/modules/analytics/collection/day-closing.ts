import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import { closeClients, closedDays, dropFewTogether, maxTogether, openDays } from './closing.queries.ts'

const rowsAtOnce = 2_000
/** What cannot be written in the time of a statement in such a slice, no smaller one will. */
const fewestRows = 2 * maxTogether
/** Of an artifact and a day: more are hardly ever shown, and the table is bounded by artifacts and days. */
const maxPartners = 50
const artifactsAtOnce = 200

export interface DayClosingDeps {
  readonly database: Database
  readonly transaction: Transaction
}

/** Turns the clients of days that are over into what was taken together. What is left at an abort, the next run does. */
export class DayClosing {
  readonly #deps: DayClosingDeps
  /** Days whose partners this process has looked through. */
  #trimmed: ReadonlySet<string> = new Set()

  constructor(deps: DayClosingDeps) {
    this.#deps = deps
  }

  async closeClients(signal?: AbortSignal): Promise<void> {
    for (const day of await openDays(this.#deps.database)) await this.#close(day, signal)
  }

  /** Leaves each artifact its most frequent partners of each closed day, once. */
  async dropFewTogether(signal?: AbortSignal): Promise<void> {
    const days = await closedDays(this.#deps.database)
    for (const day of days) {
      if (this.#trimmed.has(day) || !(await this.#trim(day, signal))) continue
      this.#trimmed = new Set([...this.#trimmed, day].filter((trimmed) => days.includes(trimmed)))
    }
  }

  async #close(day: string, signal: AbortSignal | undefined): Promise<void> {
    const { database, transaction } = this.#deps
    for (let limit = rowsAtOnce; !signal?.aborted; ) {
      try {
        const seen = await transaction.run(() => closeClients(database, day, limit))
        if (seen < limit) return
      } catch (error) {
        if (!isTimeout(error) || limit <= fewestRows) throw error
        limit = Math.max(fewestRows, Math.floor(limit / 2))
      }
    }
  }

  /** False when it was aborted. */
  async #trim(day: string, signal: AbortSignal | undefined): Promise<boolean> {
    let after: string | undefined
    do {
      if (signal?.aborted) return false
      after = await dropFewTogether(this.#deps.database, { day, after, limit: artifactsAtOnce, most: maxPartners })
    } while (after !== undefined)
    return true
  }
}

/** `query_canceled`: what a statement that takes too long ends with. */
const isTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '57014'
