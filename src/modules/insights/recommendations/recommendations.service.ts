import { type Static, Type } from '@sinclair/typebox'
import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Usage } from '../../analytics/contract.ts'
import type { Authorizer, Sight } from '../../auth/contract.ts'
import type { Artifact, ArtifactRef, Catalog } from '../../metadata/contract.ts'
import { nameKey, seenNames } from '../artifacts.queries.ts'
import { healthRows } from '../health/health.queries.ts'
import { type ProjectNeeds, placesOf } from '../health/project-needs.ts'
import { termOf } from '../health/terms.ts'
import { type Candidate, isSoundOne, pluginsOf, sharing, soundOnes, usedTogether } from './recommendations.queries.ts'

export const RecommendationView = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  type: Type.String(),
  version: Type.String(),
  health: Type.Integer(),
  kind: Type.String({ description: '`used-together`, `downloaded-together`, `plugin`, `runtime`, `similar` or `template`.' }),
  score: Type.Number({ description: '0 to 1, to be compared within a kind.' }),
  reason: Type.String(),
})
export type RecommendationView = Static<typeof RecommendationView>

/** What goes with what; only what the caller may see, each with the reason. */
export interface Recommendations {
  /** `install`: what is of use beside it, without what it brings itself. */
  of(
    principal: Principal,
    ref: ArtifactRef,
    query: { readonly purpose: 'related' | 'install'; readonly limit: number },
  ): Promise<RecommendationView[]>
  /** For a project that has these. */
  forProject(principal: Principal, needs: ProjectNeeds, limit: number): Promise<RecommendationView[]>
  templates(principal: Principal, technologies: readonly string[], limit: number): Promise<RecommendationView[]>
}
export const Recommendations = service<Recommendations>('insights.recommendations')

export interface RecommendationDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly usage: Usage
}

export class RecommendationService implements Recommendations {
  readonly #deps: RecommendationDeps

  constructor(deps: RecommendationDeps) {
    this.#deps = deps
  }

  async of(
    principal: Principal,
    ref: ArtifactRef,
    { purpose, limit }: { readonly purpose: 'related' | 'install'; readonly limit: number },
  ) {
    const { catalog, authorizer, database } = this.#deps
    const { artifact } = await catalog.locate(principal, ref, 'read')
    const asked = { sight: await authorizer.sight(principal), limit: limit + (purpose === 'install' ? maxOwn : 0) }
    const together = viewsOf(await usedTogether(database, [artifact.id], asked), 'used-together')
    const downloaded = viewsOf(await this.#downloadedTogether(artifact.id, asked), 'downloaded-together')
    const plugins = viewsOf(await pluginsOf(database, artifact, asked), 'plugin')
    const runtimes = artifact.type === 'model' ? await this.#runtimes(artifact, asked) : []
    if (purpose === 'related') {
      const similar = await this.#similar(artifact, asked)
      return distinct([...together, ...downloaded, ...runtimes, ...similar, ...plugins]).slice(0, limit)
    }
    const own = await this.#ownDependencies(artifact.id)
    return distinct([...plugins, ...runtimes, ...together, ...downloaded])
      .filter((one) => !own.has(nameKey(one)))
      .slice(0, limit)
  }

  async forProject(principal: Principal, { namespace, dependencies }: ProjectNeeds, limit: number) {
    const { authorizer, database } = this.#deps
    const sight = await authorizer.sight(principal)
    const places = dependencies.flatMap((need) => placesOf(need, namespace))
    const ids = (await seenNames(database, places, sight)).map(({ artifactId }) => artifactId)
    return ids.length === 0 ? [] : viewsOf(await usedTogether(database, ids, { sight, limit }), 'used-together')
  }

  async templates(principal: Principal, technologies: readonly string[], limit: number) {
    const { authorizer, database } = this.#deps
    const sight = await authorizer.sight(principal)
    const terms = [...new Set(technologies.map(termOf).filter((term) => term !== ''))]
    if (terms.length === 0) return []
    return viewsOf(await sharing(database, { terms, besides: null, types: sql`a.type = 'template'`, sight, limit }), 'template')
  }

  async #downloadedTogether(artifactId: string, { sight, limit }: { readonly sight: Sight; readonly limit: number }): Promise<Candidate[]> {
    // What the caller may not see takes no place, and is no measure of the others.
    const pairs = await this.#deps.usage.together(artifactId, { limit, minClients, among: isSoundOne(sight) })
    const most = pairs[0]?.clientDays ?? 1
    const days = new Map(pairs.map((pair) => [pair.artifactId, pair.clientDays]))
    const found = await soundOnes(this.#deps.database, [...days.keys()], { sight, limit })
    const scored = found.map((one) => ({ ...one, together: days.get(one.artifactId) ?? 0, score: (days.get(one.artifactId) ?? 0) / most }))
    return scored.sort((left, right) => right.together - left.together)
  }

  async #similar({ id, type }: Artifact, asked: { readonly sight: Sight; readonly limit: number }) {
    const [row] = await healthRows(this.#deps.database, [id])
    if (!row || row.terms.length === 0) return []
    return viewsOf(await sharing(this.#deps.database, { ...asked, terms: row.terms, besides: id, types: sql`a.type = ${type}` }), 'similar')
  }

  /** What says that it runs the format of the model, or on its runtime. */
  async #runtimes({ id }: Artifact, asked: { readonly sight: Sight; readonly limit: number }) {
    const [config] = await this.#deps.database.sql<{ terms: string[] }>`select array_remove(array[lower(v.metadata->'config'->>'runtime'),
        lower(v.metadata->'config'->>'modelFormat')], null) as terms
      from insights_health h join versions v on v.artifact_id = h.artifact_id and v.version = h.version where h.artifact_id = ${id}`
    if (!config || config.terms.length === 0) return []
    const types = sql`a.type not in ('model', 'template', 'snapshot', 'transformer')`
    return viewsOf(await sharing(this.#deps.database, { ...asked, terms: config.terms, besides: id, types }), 'runtime')
  }

  async #ownDependencies(artifactId: string): Promise<ReadonlySet<string>> {
    const rows = await this.#deps.database.sql<{
      namespace: string
      name: string
    }>`select target_namespace as namespace, target_name as name
      from timescape_dependencies where artifact_id = ${artifactId}`
    return new Set(rows.map(nameKey))
  }
}

/** On one day; fewer would tell what single people do, and more days may be the same person. */
const minClients = 3

/** As many of those that go with it may be its own dependencies. */
const maxOwn = 30

const reasons = {
  'used-together': ({ together = 0, lift = 0 }: Candidate) =>
    `${together} artifacts have both, ${lift.toFixed(1)} times as many as by chance`,
  'downloaded-together': ({ together = 0 }: Candidate) => `downloaded by the same clients on the same day, ${together} times in 90 days`,
  plugin: () => 'a plugin that depends on it',
  runtime: ({ shared = [] }: Candidate) => `says that it runs ${shared.join(', ')}`,
  similar: ({ shared = [] }: Candidate) => `of the same type, and has in common: ${shared.join(', ')}`,
  template: ({ shared = [] }: Candidate) => `made with ${shared.join(', ')}`,
}

const viewsOf = (found: readonly Candidate[], kind: keyof typeof reasons): RecommendationView[] =>
  found.map((one) => {
    const { namespace, name, format, type, version, health, score } = one
    return { namespace, name, format, type, version, health, kind, score: Math.min(1, score), reason: reasons[kind](one) }
  })

const distinct = (views: readonly RecommendationView[]): RecommendationView[] =>
  [...new Map(views.toReversed().map((one) => [`${one.format} ${nameKey(one)}`, one])).values()].toReversed()
