import type { Database } from '../../shared/kernel/database.ts'
import type { CountedVersion, DownloadCounts } from './downloads.contract.ts'

/** Counts in memory and writes them in bulk, so that a download costs no statement; a `kill -9` loses at most one interval. */
export class DownloadCounter implements DownloadCounts, AsyncDisposable {
  readonly #database: Database
  readonly #timer: NodeJS.Timeout
  readonly flushMs: number
  #count = ({ id }: CountedVersion): void => {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
  }
  #counts = new Map<string, number>()
  #writing: Promise<void> = Promise.resolve()

  constructor(database: Database, flushMs: number) {
    this.#database = database
    this.flushMs = flushMs
    // Started here rather than by a count, which may stand inside a transaction that a later flush must not join.
    this.#timer = setInterval(() => void this.flush().catch(() => {}), flushMs).unref()
  }

  count(version: CountedVersion): void {
    this.#count(version)
  }

  handTo(count: (version: CountedVersion) => void): void {
    this.#count = count
  }

  /** Resolves when everything counted so far is in the database; on failure the counts are kept for the next flush. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => {}).then(() => this.#write())
    return this.#writing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    if (this.#counts.size === 0) return
    const counts = this.#counts
    this.#counts = new Map()
    try {
      await this.add(counts)
    } catch (error) {
      for (const [id, count] of counts) this.#counts.set(id, (this.#counts.get(id) ?? 0) + count)
      throw error
    }
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
}
