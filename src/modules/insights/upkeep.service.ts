import { Gathered } from '../../shared/gathered.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { isRelaxed, relaxed } from '../../shared/kernel/relaxed-commit.ts'
import { service } from '../../shared/kernel/service.ts'
import type { DependencyIndex } from './dependencies/dependency-index.service.ts'
import type { HealthIndex } from './health/health-index.service.ts'
import { countDependants, renewPairs } from './recommendations/pairs.queries.ts'

export interface VersionOfArtifact {
  readonly artifactId: string
  readonly versionId: string
}

/** What effects ask for. Every method is idempotent and reads what is so now. */
export interface Upkeep {
  /** A version came: what it depends on is written down, and those it depends on are looked at a minute later. */
  versionPublished(versionId: string): Promise<void>
  /** What these depend on was found out later: all of it is looked at a minute later. */
  versionsCompleted(versions: readonly VersionOfArtifact[]): Promise<void>
  /** Something else about the artifact changed. */
  artifactChanged(artifactId: string): Promise<void>
  /** Versions from before there were insights, what is due, and once a day everything; for some seconds, the next call goes on. */
  run(signal: AbortSignal): Promise<void>
}
export const Upkeep = service<Upkeep>('insights.upkeep')

export interface UpkeepDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly index: DependencyIndex
  readonly health: HealthIndex
}

type Renew = (artifactIds: readonly string[]) => Promise<void>

const batchSize = 100
const gatherMs = 50
const dueMs = 3_000
const sweepMs = 2_000
const dueAfter = '1 minute'
const sweepsEvery = '1 day'

export class UpkeepService implements Upkeep {
  readonly #deps: UpkeepDeps
  readonly #published = new Gathered((versionIds) => this.#takeIn(versionIds), gatherMs)

  constructor(deps: UpkeepDeps) {
    this.#deps = deps
  }

  versionPublished(versionId: string): Promise<void> {
    return this.#published.add(versionId)
  }

  async versionsCompleted(versions: readonly VersionOfArtifact[]): Promise<void> {
    const { database, index } = this.#deps
    const versionIds = versions.map(({ versionId }) => versionId)
    await index.add(versionIds)
    await this.#noteDue(versionIds)
    // Its words are others too; not at once, because who depends on whom is being written elsewhere at the same time.
    await database.sql`insert into insights_due (artifact_id, due_at) select distinct id, now() + ${dueAfter}::interval
      from unnest(${versions.map(({ artifactId }) => artifactId)}::uuid[]) as a (id) order by id on conflict do nothing`
  }

  async #takeIn(versionIds: readonly string[]): Promise<void> {
    const { index, health } = this.#deps
    const artifactIds = await index.add(versionIds)
    await Promise.all([health.renewAll(artifactIds), this.#noteDue(versionIds)])
  }

  /** What these depend on has other dependants now. */
  async #noteDue(versionIds: readonly string[]): Promise<void> {
    await this.#deps.database.sql`with ${relaxed} insert into insights_due (artifact_id, due_at)
      select distinct a.id, now() + ${dueAfter}::interval from insights_dependencies d join namespaces n on n.name = d.target_namespace
        join artifacts a on a.namespace_id = n.id and a.name = d.target_name and coalesce(d.target_format, a.format) = a.format
      where ${isRelaxed} and d.version_id = any(${versionIds}::uuid[]) order by a.id on conflict do nothing`
  }

  artifactChanged(artifactId: string): Promise<void> {
    return this.#deps.health.renew(artifactId)
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#deps.index.catchUp(signal)
    if (signal.aborted) return
    const total = await countDependants(this.#deps.database)
    const renew = async (artifactIds: readonly string[]) => {
      if (artifactIds.length === 0) return
      await this.#deps.health.renewAll(artifactIds)
      await renewPairs(this.#deps.database, artifactIds, total)
    }
    await this.#renewDue(signal, renew)
    await this.#sweep(signal, renew)
  }

  /** Those whose dependants changed; what fails stays due. */
  async #renewDue(signal: AbortSignal, renew: Renew): Promise<void> {
    const { database, transaction } = this.#deps
    const until = performance.now() + dueMs
    while (!signal.aborted && performance.now() < until) {
      const taken = await transaction.run(async () => {
        const rows = await database.sql<{ id: string }>`delete from insights_due where artifact_id in (
          select artifact_id from insights_due where due_at <= now() order by due_at limit ${batchSize} for update skip locked) returning artifact_id as id`
        await renew(rows.map(({ id }) => id))
        return rows.length
      })
      if (taken < batchSize) break
    }
  }

  /** Downloads, stars and days go by without an event. */
  async #sweep(signal: AbortSignal, renew: Renew): Promise<void> {
    const { database, transaction } = this.#deps
    const until = performance.now() + sweepMs
    while (!signal.aborted && performance.now() < until) {
      const isThrough = await transaction.run(async () => {
        const [place] = await database.sql<{ swept: string | null; isResting: boolean }>`select swept,
          swept is null and coalesce(passed_at > now() - ${sweepsEvery}::interval, false) as "isResting" from insights_upkeep for update skip locked`
        if (!place || place.isResting) return true
        const rows = await database.sql<{ id: string }>`select id from artifacts
          where ${place.swept}::uuid is null or id > ${place.swept}::uuid order by id limit ${batchSize}`
        await renew(rows.map(({ id }) => id))
        const last = rows.length < batchSize ? null : (rows.at(-1)?.id ?? null)
        await database.sql`update insights_upkeep set swept = ${last}::uuid,
          passed_at = case when ${place.swept}::uuid is null then now() else passed_at end`
        return last === null
      })
      if (isThrough) break
    }
  }
}
