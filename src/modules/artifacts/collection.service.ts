import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../../shared/kernel/database.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Audit } from '../auth/contract.ts'
import type { Collector } from './collector.service.ts'
import type { Collection, CollectionReport } from './contract.ts'
import { CollectionRunning } from './errors.ts'
import type { CollectionMeter } from './storage-metrics.ts'

export interface CollectionParts {
  readonly database: Database
  readonly collector: Collector
  readonly audit: Audit
  readonly log: Logger
  readonly meter: CollectionMeter
  /** Undefined: this process collects only when it is asked to. */
  readonly intervalSeconds: number | undefined
}

/** A collector that was killed leaves its turn to others after so long. */
const leaseSeconds = 20
const maxWaitMs = 15_000
/** Longest time between two looks at whether a collection is due. */
const maxLookMs = 60_000

/** One collection at a time over all processes: a lease in the one row of `collections`. Two at once would do no harm, only double work. */
export class ScheduledCollection implements Collection, AsyncDisposable {
  readonly #parts: CollectionParts
  readonly #stop = new AbortController()
  readonly #loop: Promise<void>

  constructor(parts: CollectionParts) {
    this.#parts = parts
    this.#loop = parts.intervalSeconds === undefined ? Promise.resolve() : this.#run(parts.intervalSeconds)
  }

  async collect(): Promise<CollectionReport> {
    const giveUp = Date.now() + maxWaitMs
    for (;;) {
      const report = await this.#tryCollect(0)
      if (report) {
        await this.#parts.audit.record({ action: 'garbage.collected', subject: 'registry', after: report })
        return report
      }
      if (Date.now() > giveUp) throw new CollectionRunning()
      await delay(100)
    }
  }

  async lastReport(): Promise<CollectionReport | undefined> {
    const [row] = await this.#parts.database.sql<{ report: CollectionReport | null }>`select report from collections`
    return row?.report ?? undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #run(intervalSeconds: number): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await delay(Math.min(intervalSeconds * 1_000, maxLookMs), undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      await this.#tryCollect(intervalSeconds * 0.9).catch((error: unknown) =>
        this.#parts.log.warn({ err: error }, 'garbage collection failed'),
      )
    }
  }

  /** Undefined when another process is at it, or was within `dueAfterSeconds`. */
  async #tryCollect(dueAfterSeconds: number): Promise<CollectionReport | undefined> {
    const { database, log } = this.#parts
    const holder = randomUUID()
    const [lease] = await database.sql`
      update collections set holder = ${holder}, held_until = now() + make_interval(secs => ${leaseSeconds})
      where held_until < now() and finished_at < now() - make_interval(secs => ${dueAfterSeconds}) returning one`
    if (!lease) return undefined
    const renewing = setInterval(() => void this.#renew(holder), (leaseSeconds * 1_000) / 4)
    try {
      const report = { ...(await this.#measured()), finishedAt: new Date().toISOString() }
      await database.sql`update collections set report = ${JSON.stringify(report)}::jsonb, finished_at = now() where holder = ${holder}`
      if (report.sessions + report.manifests + report.links + report.blobs + report.orphans > 0) log.info(report, 'garbage collected')
      return report
    } finally {
      clearInterval(renewing)
      await database.sql`update collections set held_until = '-infinity' where holder = ${holder}`
    }
  }

  async #measured(): Promise<Omit<CollectionReport, 'finishedAt'>> {
    const { collector, meter } = this.#parts
    const startedAt = performance.now()
    try {
      const report = await collector.collect()
      meter.done(report, (performance.now() - startedAt) / 1_000)
      return report
    } catch (error) {
      meter.failed()
      throw error
    }
  }

  async #renew(holder: string): Promise<void> {
    const { database } = this.#parts
    await database.sql`update collections set held_until = now() + make_interval(secs => ${leaseSeconds}) where holder = ${holder}`.catch(
      () => undefined,
    )
  }
}
