import type { Database } from '../../../shared/kernel/database.ts'
import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Authorizer, Sight } from '../../auth/contract.ts'
import type { ArtifactRef, Catalog } from '../../metadata/contract.ts'
import { type Scores, scoreKey } from '../../scanning/scores.contract.ts'
import { type OfferedVersion, offeredArtifacts } from '../artifacts.queries.ts'
import type { HealthBadges, HealthScores } from '../contract.ts'
import { type DependencyRow, dependenciesOfVersions } from '../dependencies/edges.queries.ts'
import { KnownArtifacts } from '../dependencies/known-artifacts.ts'
import { VersionNotOffered } from '../errors.ts'
import { alternativesOf } from './alternatives.ts'
import { type HealthRow, healthRows } from './health.queries.ts'
import type { HealthIndex } from './health-index.service.ts'
import type { DependencyHealth, HealthView } from './health-views.ts'

export interface HealthDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly scores: Scores
  readonly index: HealthIndex
}

/** How an artifact stands, for whoever may see it. */
export interface Health {
  of(principal: Principal, ref: ArtifactRef, query: { readonly explain: boolean }): Promise<HealthView>
}
export const Health = service<Health>('insights.health')

type Chosen = OfferedVersion & { readonly artifactId: string }

const maxDependencies = 200

export class HealthService implements Health {
  readonly #deps: HealthDeps

  constructor(deps: HealthDeps) {
    this.#deps = deps
  }

  async of(principal: Principal, ref: ArtifactRef, { explain }: { readonly explain: boolean }): Promise<HealthView> {
    const { catalog, authorizer, database } = this.#deps
    const { artifact } = await catalog.locate(principal, ref, 'read')
    const row = await this.#row(artifact.id)
    const sight = await authorizer.sight(principal)
    const flags = [...row.flags]
    const alternatives = flags.length > 0 ? (await alternativesOf(database, [artifact.id], sight)).get(artifact.id) : undefined
    const { namespace, name, format } = artifact
    const { version, score, popularity, stability, compatibility, maintenance, badges, inputs, computedAt } = row
    return {
      ...{ namespace, name, format, version, score, popularity, stability, compatibility, maintenance, badges, computedAt, flags },
      securityScore: inputs.securityScore,
      outdated: flags.some((flag) => flag.name !== 'vulnerable'),
      suggestion: alternatives?.suggestion ?? null,
      alternatives: [...(alternatives?.items ?? [])],
      dependencies: await this.#dependencies(artifact.id, version, sight),
      ...(explain && { explain: { ...inputs } }),
    }
  }

  /** What was published a moment ago is looked at now. */
  async #row(artifactId: string) {
    const { database, index } = this.#deps
    const [known] = await healthRows(database, [artifactId])
    if (known) return known
    await index.renewAll([artifactId])
    const [row] = await healthRows(database, [artifactId])
    if (!row) throw new VersionNotOffered(null)
    return row
  }

  async #dependencies(artifactId: string, version: string, sight: Sight): Promise<DependencyHealth[]> {
    const { database, scores } = this.#deps
    const [row] = await database.sql<{ id: string }>`select id from versions where artifact_id = ${artifactId} and version = ${version}`
    const wanted = row ? await dependenciesOfVersions(database, [row.id], maxDependencies) : []
    const known = new KnownArtifacts((names) => offeredArtifacts(database, names, sight))
    await known.load(wanted.map((one) => ({ ...one, exact: [one.range] })))
    const turn = new LoopTurn()
    const found: { readonly one: DependencyRow; readonly state: DependencyHealth['state']; readonly chosen?: Chosen }[] = []
    for (const one of wanted) {
      if (turn.isOver) await turn.next()
      const answer = known.answer(one)
      if (typeof answer === 'string') found.push({ one, state: answer })
      else found.push({ one, state: 'resolved', chosen: { ...answer.version, artifactId: answer.artifact.artifactId } })
    }
    const chosen = found.flatMap((it) => it.chosen ?? [])
    const scanned = await scores.of(chosen)
    const health = new Map(
      (
        await healthRows(
          database,
          chosen.map((it) => it.artifactId),
        )
      ).map((it) => [it.artifactId, it]),
    )
    return found.map(({ one: { namespace, name, range, kind, optional }, state, chosen: taken }) => {
      const standing = taken && health.get(taken.artifactId)
      return {
        ...{ namespace, name, range, kind, optional, state, version: taken?.version ?? null, health: standing?.score ?? null },
        securityScore: (taken && scanned.get(scoreKey(taken))?.securityScore) ?? null,
        badges: [...(standing?.badges ?? [])],
        flags: [...(standing?.flags ?? [])],
      }
    })
  }
}

export const createHealthBadges = (database: Database): HealthBadges => ({
  async badgesOf(artifactIds) {
    if (artifactIds.length === 0) return new Map()
    const rows = await healthRows(database, artifactIds)
    return new Map(rows.map((row) => [row.artifactId, scoresOf(row)]))
  },
})

const scoresOf = ({ score, popularity, stability, compatibility, maintenance, badges }: HealthRow): HealthScores => ({
  ...{ score, popularity, stability, compatibility, maintenance, badges },
})
