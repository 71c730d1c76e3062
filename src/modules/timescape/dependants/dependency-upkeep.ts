import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import { artifactsBehind } from '../graph/upkeep.queries.ts'
import { indexDependencies } from './index-dependencies.ts'

/** Rows of all artifacts are made anew when this changes. */
const form = 1
const sliceSize = 200
const runMs = 5_000

interface Place {
  readonly after: string | null
}

/** Writes what artifacts depend on anew, once for each form, and when a process starts and finds nothing of it. */
export class DependencyUpkeep {
  readonly #deps: { readonly database: Database; readonly transaction: Transaction }
  #isLookedAt = false

  constructor(deps: { readonly database: Database; readonly transaction: Transaction }) {
    this.#deps = deps
  }

  /** For some seconds; the next call goes on. Answers how many artifacts were looked at. */
  async run(signal: AbortSignal): Promise<number> {
    await this.#beginAnewIfGone()
    const until = performance.now() + runMs
    let done = 0
    for (let slice = sliceSize; slice === sliceSize && !signal.aborted && performance.now() < until; done += slice)
      slice = await this.#deps.transaction.run(() => this.#slice())
    return done
  }

  /** Asked once: where nothing depends on anything there is never a row. */
  async #beginAnewIfGone(): Promise<void> {
    if (this.#isLookedAt) return
    await this.#deps.database.sql`update timescape_upkeep set dependencies_form = 0, dependencies_after = null
      where dependencies_form > 0 and not exists (select from timescape_dependencies)`
    this.#isLookedAt = true
  }

  async #slice(): Promise<number> {
    const { database } = this.#deps
    const [place] = await database.sql<Place>`select dependencies_after as after from timescape_upkeep
      where dependencies_form < ${form} for update skip locked`
    if (!place) return 0
    const artifactIds = await artifactsBehind(database, place.after, sliceSize)
    await indexDependencies(this.#deps, artifactIds)
    const last = artifactIds.length < sliceSize ? null : (artifactIds.at(-1) ?? null)
    await database.sql`update timescape_upkeep set dependencies_after = ${last}::uuid,
      dependencies_form = case when ${last}::uuid is null then ${form}::integer else dependencies_form end`
    return artifactIds.length
  }
}
