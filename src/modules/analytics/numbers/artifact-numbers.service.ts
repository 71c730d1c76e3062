import type { Database } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { ArtifactRef, Catalog } from '../../metadata/contract.ts'
import type { AnalyticsSettings } from '../settings.ts'
import {
  adoption,
  type Downloaded,
  downloadsByDoor,
  downloadsByTime,
  downloadsByVersion,
  publishesByTime,
  recentHours,
} from './downloads.queries.ts'
import { boundsOf, isDaily, type Range, type RangeQuery, readRange, refuseForgotten, refuseLonger } from './range.ts'

export interface ArtifactNumbersDeps {
  readonly database: Database
  readonly catalog: Catalog
  readonly settings: AnalyticsSettings
}

const mostVersions = 1_000
/** Versions and doors are told apart for so long at most: a popular artifact of 1,000 versions has thousands of rows a day. */
const maxDaysApart = 372
const mostAdopted = 20
const periodHours = { day: 24, week: 7 * 24, month: 30 * 24 }
export type Period = keyof typeof periodHours

interface Asked {
  readonly ref: ArtifactRef
  readonly query: RangeQuery
}

/** Numbers of one artifact, for whoever may see it. Each method throws what the catalog throws for the artifact, and RangeInvalid. */
export class ArtifactNumbersService {
  readonly #deps: ArtifactNumbersDeps

  constructor(deps: ArtifactNumbersDeps) {
    this.#deps = deps
  }

  async downloads(principal: Principal, asked: Asked) {
    const { id, range } = await this.#enter(principal, asked)
    const { database } = this.#deps
    const [downloads, publishes] = await Promise.all([downloadsByTime(database, id, range), publishesByTime(database, id, range)])
    const counted = new Map(downloads.map((row) => [row.start, row]))
    const published = new Map(publishes.map((row) => [row.start, row]))
    const none = { downloads: 0, installs: 0, clientDays: isDaily(range) ? 0 : null, publishes: 0 }
    const items = range.starts.map((start) => ({ start, ...none, ...counted.get(start), ...published.get(start) }))
    return { ...boundsOf(range), ...total(items), items }
  }

  async versions(principal: Principal, asked: Asked) {
    const { id, range } = await this.#enter(principal, asked, maxDaysApart)
    const rows = await downloadsByVersion(this.#deps.database, { artifactId: id, range, most: mostVersions })
    return withShares(range, rows)
  }

  async doors(principal: Principal, asked: Asked) {
    const { id, range } = await this.#enter(principal, asked, maxDaysApart)
    return withShares(range, await downloadsByDoor(this.#deps.database, id, range))
  }

  /** What part of the downloads of each interval each of the 20 most downloaded versions had. */
  async adoption(principal: Principal, asked: Asked) {
    const { id, range } = await this.#enter(principal, asked, maxDaysApart)
    const rows = await adoption(this.#deps.database, { artifactId: id, range, most: mostAdopted })
    const totals = new Map<string, number>()
    for (const { start, downloads } of rows) totals.set(start, (totals.get(start) ?? 0) + downloads)
    const items = rows.map((row) => ({ ...row, share: shareOf(row.downloads, totals.get(row.start) ?? 0) }))
    return { ...boundsOf(range), ...total(items), items }
  }

  /** The last hours of the period against as many before them. */
  async trend(principal: Principal, { ref, period }: { readonly ref: ArtifactRef; readonly period: Period }) {
    const { artifact } = await this.#deps.catalog.locate(principal, ref, 'read')
    const { now, before, nowInstalls, beforeInstalls } = await recentHours(this.#deps.database, artifact.id, periodHours[period])
    return {
      period,
      current: { downloads: now, installs: nowInstalls },
      previous: { downloads: before, installs: beforeInstalls },
      change: before === 0 ? null : rounded((now - before) / before),
    }
  }

  async #enter(principal: Principal, { ref, query }: Asked, maxDays = Number.POSITIVE_INFINITY) {
    const now = new Date()
    const range = readRange(query, now)
    refuseLonger(range, maxDays)
    const { eventDays, hourlyDays } = this.#deps.settings
    if (!isDaily(range)) refuseForgotten(range, { what: 'downloads', days: range.interval === 'minute' ? eventDays : hourlyDays, now })
    const { artifact } = await this.#deps.catalog.locate(principal, ref, 'read')
    return { id: artifact.id, range }
  }
}

export const ArtifactNumbers = service<ArtifactNumbersService>('analytics.artifact_numbers')

function total(rows: readonly Downloaded[]): Downloaded {
  const sum = (of: (row: Downloaded) => number) => rows.reduce((before, row) => before + of(row), 0)
  return { downloads: sum(({ downloads }) => downloads), installs: sum(({ installs }) => installs) }
}

function withShares<T extends Downloaded>(range: Range, rows: readonly T[]) {
  const all = total(rows)
  return { ...boundsOf(range), ...all, items: rows.map((row) => ({ ...row, share: shareOf(row.downloads, all.downloads) })) }
}

const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole))
const rounded = (ratio: number): number => Math.round(ratio * 10_000) / 10_000
