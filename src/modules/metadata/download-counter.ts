import type { Database } from '../../shared/kernel/database.ts'
import { type Behind, slicesOf, WrittenBehind } from '../../shared/written-behind.ts'
import type { CountedVersion, DownloadCounts } from './downloads.contract.ts'

type Counts = ReadonlyMap<string, number>

/**
 * Counts in memory and writes them in bulk, so that a download costs no statement; a `kill -9` loses at most one interval and what the write takes.
 * No more numbers are in memory than there are versions.
 */
export class DownloadCounter implements DownloadCounts, Behind<Counts>, AsyncDisposable {
  readonly #database: Database
  readonly #behind: WrittenBehind<Counts>
  readonly flushMs: number
  readonly #listeners: ((version: CountedVersion) => void)[] = []
  #countedElsewhere = false
  #counts = new Map<string, number>()

  constructor(database: Database, flushMs: number) {
    this.#database = database
    this.flushMs = flushMs
    this.#behind = new WrittenBehind(this, { everyMs: flushMs })
  }

  count(version: CountedVersion): void {
    if (!this.#countedElsewhere) this.#add(version.id, 1)
    for (const listener of this.#listeners) listener(version)
  }

  on(listener: (version: CountedVersion) => void, as?: { readonly counts: true }): void {
    this.#listeners.push(listener)
    this.#countedElsewhere ||= as?.counts ?? false
  }

  flush(): Promise<void> {
    return this.#behind.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#behind[Symbol.asyncDispose]()
  }

  take(): readonly Counts[] {
    const taken = this.#counts
    this.#counts = new Map()
    return slicesOf(taken)
  }

  putBack(slices: readonly Counts[]): void {
    for (const slice of slices) for (const [id, count] of slice) this.#add(id, count)
  }

  write(slice: Counts): Promise<void> {
    return this.add(slice)
  }

  /** Rows are taken in the order of their ids, so that two processes never wait for each other in a circle. */
  async add(counts: ReadonlyMap<string, number>): Promise<void> {
    await this.#database.sql`with counted as (
        select v.id as version_id, v.artifact_id, c.count
        from unnest(${[...counts.keys()]}::uuid[], ${[...counts.values()]}::bigint[]) as c (version_id, count) join versions v on v.id = c.version_id
      ), daily as (
        insert into download_counts (version_id, day, count)
        select version_id, (now() at time zone 'utc')::date, count from counted order by version_id
        on conflict (version_id, day) do update set count = download_counts.count + excluded.count
      ), totals as (
        select artifact_id, sum(count)::bigint as count from counted group by artifact_id
      ), held as (
        select id from artifacts where id in (select artifact_id from totals) order by id for no key update
      )
      update artifacts a set downloads = a.downloads + t.count from totals t join held on held.id = t.artifact_id where a.id = t.artifact_id`
  }

  #add(id: string, count: number): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + count)
  }
}
