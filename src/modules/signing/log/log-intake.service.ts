import { setTimeout as delay } from 'node:timers/promises'
import { Gathered } from '../../../shared/gathered.ts'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { service } from '../../../shared/kernel/service.ts'
import { countPending } from './log.queries.ts'
import { secondDigest } from './log-batch.ts'
import type { LogSequencer } from './log-sequencer.ts'
import { noteTagSlice, noteTags, noteUnpublished, noteVersionSlice, noteVersions } from './sources.queries.ts'

const gatherMs = 50
const sliceSize = 1_000
const sweepMs = 1_000
/** What was published just now waits behind what the sweep has found. */
const mostPending = 1_000
const pauseMs = 200
/** Where nothing is appended for that long, more would only wait as well. */
const mostPausedMs = 10_000

/** Notes what the log has to have. Everything here may happen twice, or in any order. */
export interface LogIntake {
  version(versionId: string): Promise<void>
  unpublished(versionId: string): Promise<void>
  tag(moved: { readonly artifactId: string; readonly tag: string }): Promise<void>
  /** A slice at a time, from where the last call stopped: what was there before the log, and what no event told. Answers how many were new. */
  sweep(signal: AbortSignal): Promise<number>
}
export const LogIntake = service<LogIntake>('signing.log_intake')

interface Place {
  readonly versions: string | null
  readonly tags: string | null
}

export class LogIntakeService implements LogIntake {
  readonly #database: Database
  readonly #sequencer: LogSequencer
  readonly #log: Logger
  /** The news that one was taken back may have come before it. */
  readonly #versions = this.#gathered(
    async (ids) => (await noteVersions(this.#database, ids)) + (await noteUnpublished(this.#database, ids)),
  )
  readonly #unpublished = this.#gathered((ids) => noteUnpublished(this.#database, ids))
  readonly #tags = this.#gathered((moved) => noteTags(this.#database, moved.map(parseTag)))

  constructor({ database, log }: { readonly database: Database; readonly log: Logger }, sequencer: LogSequencer) {
    this.#database = database
    this.#log = log
    this.#sequencer = sequencer
  }

  version(versionId: string): Promise<void> {
    return this.#versions.add(versionId)
  }

  unpublished(versionId: string): Promise<void> {
    return this.#unpublished.add(versionId)
  }

  tag({ artifactId, tag }: { readonly artifactId: string; readonly tag: string }): Promise<void> {
    return this.#tags.add(`${artifactId} ${tag}`)
  }

  async sweep(signal: AbortSignal): Promise<number> {
    const database = this.#database
    const until = performance.now() + sweepMs
    let noted = 0
    for (let isDone = false; !isDone && !signal.aborted; ) {
      if (!(await this.#roomFor(signal))) return noted
      const place = await this.#place()
      const versions = await noteVersionSlice(database, place.versions, sliceSize)
      for (const change of versions.changed) this.#log.error(change, secondDigest)
      const tags = await noteTagSlice(database, place.tags, sliceSize)
      await database.sql`update log_sweep set versions_until = ${versions.last}::uuid, tags_until = ${tags.last}::uuid`
      const fresh = versions.noted + tags.noted
      noted += fresh
      if (fresh > 0) this.#sequencer.wake()
      isDone = (versions.last === null && tags.last === null) || (fresh === 0 && performance.now() > until)
    }
    return noted
  }

  /** Whether little enough waits for more; false when that does not come about. */
  async #roomFor(signal: AbortSignal): Promise<boolean> {
    for (let [least, since] = [Number.POSITIVE_INFINITY, performance.now()]; !signal.aborted; ) {
      const waiting = await countPending(this.#database, mostPending + 1 + 2 * sliceSize)
      if (waiting <= mostPending) return true
      if (waiting < least) [least, since] = [waiting, performance.now()]
      if (performance.now() - since > mostPausedMs) return false
      this.#sequencer.wake()
      await delay(pauseMs, undefined, { signal }).catch(() => undefined)
    }
    return false
  }

  async #place(): Promise<Place> {
    const [place] = await this.#database.sql<Place>`select versions_until as versions, tags_until as tags from log_sweep`
    return place ?? { versions: null, tags: null }
  }

  #gathered(note: (items: readonly string[]) => Promise<number>): Gathered {
    return new Gathered(async (items) => {
      if ((await note(items)) > 0) this.#sequencer.wake()
    }, gatherMs)
  }
}

function parseTag(item: string) {
  const space = item.indexOf(' ')
  return { artifactId: item.slice(0, space), tag: item.slice(space + 1) }
}
