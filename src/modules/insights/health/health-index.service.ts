import { Gathered } from '../../../shared/gathered.ts'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import { relaxCommit } from '../../../shared/kernel/relaxed-commit.ts'
import { service } from '../../../shared/kernel/service.ts'
import { type ManifestScore, type Scores, scoreKey } from '../../scanning/scores.contract.ts'
import { countSteps } from './bridges.ts'
import { dropHealth, type HealthFacts, type HealthRow, healthFacts, writeHealth } from './health.queries.ts'
import { flagsOf, type HealthInputs, healthOf } from './health-formula.ts'
import { termsOf } from './terms.ts'

/** Health of every artifact, kept so that lists can show it. */
export interface HealthIndex {
  /** Idempotent; answers when it is written. */
  renew(artifactId: string): Promise<void>
  renewAll(artifactIds: readonly string[]): Promise<void>
}
export const HealthIndex = service<HealthIndex>('insights.health_index')

export interface HealthIndexDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly scores: Scores
}

/** A publish brings several events of one artifact. */
const gatherMs = 100

export class HealthIndexService implements HealthIndex {
  readonly #deps: HealthIndexDeps
  readonly #gathered = new Gathered((ids) => this.renewAll(ids), gatherMs)

  constructor(deps: HealthIndexDeps) {
    this.#deps = deps
  }

  renew(artifactId: string): Promise<void> {
    return this.#gathered.add(artifactId)
  }

  async renewAll(artifactIds: readonly string[]): Promise<void> {
    if (artifactIds.length === 0) return
    const { database, transaction, scores } = this.#deps
    await transaction.run(async () => {
      // Whoever renews one of these waits, so that what is read is at least as new as what was written before. Lock and facts travel together, in this order.
      const lock = database.sql`select pg_advisory_xact_lock(hashtextextended('insights health ' || id, 0)) from (
        select id from unnest(${artifactIds}::text[]) as i (id) order by id) ids`
      const [, , facts] = await Promise.all([relaxCommit(database), lock, healthFacts(database, artifactIds)])
      const scanned = await scores.of(facts)
      const known = new Set(facts.map(({ artifactId }) => artifactId))
      const rows = facts.map((fact) => rowOf(fact, scanned.get(scoreKey(fact))))
      const goneIds = artifactIds.filter((id) => !known.has(id))
      await Promise.all([writeHealth(database, rows), dropHealth(database, goneIds)])
    })
  }
}

function rowOf(facts: HealthFacts, score: ManifestScore | undefined): HealthRow {
  const { artifactId, version, about, counts, deprecation } = facts
  const open = Object.values(score?.counts ?? {}).reduce((sum, count) => sum + count, 0)
  const grave = (score?.counts['high'] ?? 0) + (score?.counts['critical'] ?? 0)
  const inputs: HealthInputs = {
    ...counts,
    ...{ ageDays: tenths(counts.ageDays), idleDays: tenths(counts.idleDays) },
    ...countSteps(facts),
    ...{ securityScore: score?.securityScore ?? null, vulnerabilities: open, graveVulnerabilities: grave },
  }
  return { artifactId, version, ...healthOf(inputs), flags: flagsOf(inputs, deprecation), terms: termsOf(about), inputs }
}

const tenths = (days: number): number => Math.max(0, Math.round(days * 10) / 10)
