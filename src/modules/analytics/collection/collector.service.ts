import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { AnsweredRequest, HttpAnswers } from '../../../shared/kernel/http-answers.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Metrics } from '../../../shared/kernel/metrics.ts'
import { requestContext } from '../../../shared/kernel/request-context.ts'
import { type Behind, slicesOf, WrittenBehind } from '../../../shared/written-behind.ts'
import type { CountedVersion, DownloadCounts } from '../../metadata/downloads.contract.ts'
import type { Collection } from '../contract.ts'
import {
  type ClientOfArtifact,
  type DownloadItem,
  type MissedSearch,
  type TrafficItem,
  writeClients,
  writeDownloads,
  writeMissedSearches,
  writeTraffic,
} from './collection.queries.ts'
import { type Client, clientHash, DailySalt } from './daily-salt.ts'
import { doorOf, isInstall } from './doors.ts'
import { type Counted, Tally } from './tally.ts'

export interface CollectorDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly downloadCounts: DownloadCounts
  readonly answers: HttpAnswers
  readonly metrics: Metrics
  readonly log: Logger
}

/** Of each kind, in this process, and once more while they are written: about 10 MB when all are full, which takes a database that is away. */
const maxKeys = 20_000
const maxTexts = 1_000
const maxTextLength = 64
const maxSeen = 50_000
const minuteMs = 60_000
const clientGone = 499

const droppedKinds = ['download', 'client', 'request', 'search', 'text'] as const

type ClientItem = Client & { readonly artifactId: string }

/** Counts in memory, by key, and writes in bulk: a request waits for nothing, and 10,000 downloads of one version are one row. */
export class Collector implements Collection, Behind<Taken>, AsyncDisposable {
  readonly #deps: CollectorDeps
  readonly #salt: DailySalt
  readonly #downloads: Tally<DownloadItem>
  readonly #clients: Tally<ClientItem>
  readonly #traffic: Tally<TrafficItem>
  readonly #missed: Tally<MissedSearch>
  readonly #behind: WrittenBehind<Taken>
  /** Clients whose row of the day is there. Hashes, of one day. */
  #seen: { readonly day: string; readonly keys: Set<string> } = { day: '', keys: new Set() }

  constructor(deps: CollectorDeps) {
    this.#deps = deps
    this.#salt = new DailySalt(deps.database)
    const dropped = deps.metrics.counter({
      name: 'registry_analytics_dropped_total',
      help: 'Events that were not counted because too much waited for the database.',
      labelNames: ['kind'],
    })
    for (const kind of droppedKinds) dropped.inc({ kind }, 0)
    this.#downloads = new Tally(maxKeys, (_item, count) => dropped.inc({ kind: 'download' }, count))
    this.#clients = new Tally(maxKeys, (_item, count) => dropped.inc({ kind: 'client' }, count))
    this.#traffic = new Tally(maxKeys, ({ kind }, count) => dropped.inc({ kind }, count))
    this.#missed = new Tally(maxTexts, (_item, count) => dropped.inc({ kind: 'text' }, count))
    deps.downloadCounts.on((version) => this.#downloaded(version), { counts: true })
    deps.answers.on((answered) => this.#answered(answered))
    this.#behind = new WrittenBehind(this, { everyMs: deps.downloadCounts.flushMs })
  }

  searched({ text, total }: { readonly text: string; readonly total: number }): void {
    this.#count('search', doorOf(requestContext()?.door), total > 0 ? 'found' : 'nothing')
    if (total > 0) return
    const shown = readable(text)
    if (shown !== '') this.#missed.add(shown, () => ({ text: shown }))
  }

  flush(): Promise<void> {
    return this.#behind.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#behind[Symbol.asyncDispose]()
  }

  take(): readonly Taken[] {
    const [downloads, clients] = [slicesOf(this.#downloads.take()), slicesOf(this.#clients.take())]
    const [traffic, missed] = [slicesOf(this.#traffic.take()), slicesOf(this.#missed.take())]
    const length = Math.max(downloads.length, clients.length, traffic.length, missed.length)
    return Array.from({ length }, (_, at) => ({
      ...{ downloads: downloads[at] ?? new Map(), clients: clients[at] ?? new Map() },
      ...{ traffic: traffic[at] ?? new Map(), missed: missed[at] ?? new Map() },
    }))
  }

  putBack(slices: readonly Taken[]): void {
    this.#downloads.putBack(slices.map(({ downloads }) => downloads))
    this.#clients.putBack(slices.map(({ clients }) => clients))
    this.#traffic.putBack(slices.map(({ traffic }) => traffic))
    this.#missed.putBack(slices.map(({ missed }) => missed))
  }

  failed(error: unknown): void {
    this.#deps.log.warn({ err: error }, 'what was counted could not be written; it is kept for the next time')
  }

  async write(taken: Taken): Promise<void> {
    const { database, transaction, downloadCounts } = this.#deps
    const downloads = [...taken.downloads.values()]
    const { day, fresh } = await this.#freshClients([...taken.clients.values()])
    await transaction.run(() =>
      Promise.all([
        downloads.length > 0 && downloadCounts.add(byVersion(downloads)),
        writeDownloads(database, downloads),
        writeClients(database, day, [...fresh.values()]),
        writeTraffic(database, [...taken.traffic.values()]),
        writeMissedSearches(database, [...taken.missed.values()]),
      ]),
    )
    if (this.#seen.day !== day || this.#seen.keys.size > maxSeen) this.#seen = { day, keys: new Set() }
    for (const key of fresh.keys()) this.#seen.keys.add(key)
  }

  #downloaded({ id: versionId, artifactId }: CountedVersion): void {
    const { door: module, userAgent, actor = null, ip = null } = requestContext() ?? {}
    const door = doorOf(module)
    const kind = isInstall(door, userAgent) ? 'install' : 'download'
    const since = performance.now()
    const key = `${versionId} ${kind} ${door} ${Math.floor(since / minuteMs)}`
    this.#downloads.add(key, () => ({ versionId, artifactId, kind, door, since }))
    if (actor === null && ip === null) return
    this.#clients.add(`${artifactId} ${actor ?? ''} ${ip}`, () => ({ artifactId, actor, ip }))
  }

  #answered({ module, status }: AnsweredRequest): void {
    this.#count('request', doorOf(module), status === clientGone ? 'gone' : `${Math.floor(status / 100)}xx`)
  }

  #count(kind: TrafficItem['kind'], door: string, outcome: string): void {
    const since = performance.now()
    const key = `${kind} ${door} ${outcome} ${Math.floor(since / minuteMs)}`
    this.#traffic.add(key, () => ({ kind, door, outcome, since }))
  }

  /** Whoever comes from an address that is not known yet today, by hash: from here on the address is gone. */
  async #freshClients(clients: readonly Counted<ClientItem>[]) {
    const fresh = new Map<string, ClientOfArtifact>()
    if (clients.length === 0) return { day: this.#seen.day, fresh }
    const salt = await this.#salt.today()
    for (const { item } of clients) {
      const client = clientHash(item, salt)
      const key = `${item.artifactId} ${client.toString('base64')}`
      if (this.#seen.day !== salt.day || !this.#seen.keys.has(key)) fresh.set(key, { artifactId: item.artifactId, client })
    }
    return { day: salt.day, fresh }
  }
}

interface Taken {
  readonly downloads: ReadonlyMap<string, Counted<DownloadItem>>
  readonly clients: ReadonlyMap<string, Counted<ClientItem>>
  readonly traffic: ReadonlyMap<string, Counted<TrafficItem>>
  readonly missed: ReadonlyMap<string, Counted<MissedSearch>>
}

function byVersion(downloads: readonly Counted<DownloadItem>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { item, count } of downloads) counts.set(item.versionId, (counts.get(item.versionId) ?? 0) + count)
  return counts
}

/** One spelling for what means the same; Postgres stores no NUL. */
const readable = (text: string): string =>
  text
    .slice(0, 4 * maxTextLength)
    .toLowerCase()
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, maxTextLength)
