import type { Database } from '../../../shared/kernel/database.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { DeclaredDependencies } from '../../timescape/dependencies.contract.ts'
import { indexVersions, versionsAfter } from './edges.queries.ts'

/** What each version depends on, kept beside the versions. */
export interface DependencyIndex {
  /** Idempotent; answers the artifacts of those that are not deleted. */
  add(versionIds: readonly string[]): Promise<readonly string[]>
  /** Versions from before there was an index, and all when it is gone or of another form; answers how many were looked at. What an abort leaves is done by the next call. */
  catchUp(signal: AbortSignal): Promise<number>
}
export const DependencyIndex = service<DependencyIndex>('insights.dependency_index')

const batchSize = 200
const catchUpMs = 2_000
/** All versions are looked at again when this changes. */
const form = 1

export class DependencyIndexService implements DependencyIndex {
  readonly #deps: { readonly database: Database; readonly declared: DeclaredDependencies }
  #isLookedAt = false

  constructor(deps: { readonly database: Database; readonly declared: DeclaredDependencies }) {
    this.#deps = deps
  }

  add(versionIds: readonly string[]): Promise<readonly string[]> {
    return indexVersions(this.#deps.database, this.#deps.declared, versionIds)
  }

  async catchUp(signal: AbortSignal): Promise<number> {
    const { database } = this.#deps
    await this.#beginAnewIfGone()
    const until = performance.now() + catchUpMs
    const [place] = await database.sql<{ indexed: string | null }>`select indexed from insights_upkeep`
    let after = place?.indexed ?? null
    let done = 0
    while (!signal.aborted && performance.now() < until) {
      const ids = await versionsAfter(database, after, batchSize)
      await this.add(ids)
      done += ids.length
      after = ids.at(-1) ?? after
      await database.sql`update insights_upkeep set indexed = ${after}::uuid`
      if (ids.length < batchSize) break
    }
    return done
  }

  /** Whether it is gone is asked once: where nothing depends on anything there is never a row. */
  async #beginAnewIfGone(): Promise<void> {
    if (this.#isLookedAt) return
    await this.#deps.database.sql`update insights_upkeep set indexed = null, form = ${form}
      where form <> ${form} or (indexed is not null and not exists (select from insights_dependencies))`
    this.#isLookedAt = true
  }
}
