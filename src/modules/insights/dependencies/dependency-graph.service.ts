import type { Database } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Authorizer, Sight } from '../../auth/contract.ts'
import type { ArtifactRef, Catalog, Located } from '../../metadata/contract.ts'
import type { Scans } from '../../scanning/scans.contract.ts'
import { type Scores, scoreKey } from '../../scanning/scores.contract.ts'
import { type Named, type OfferedArtifact, type OfferedVersion, offeredArtifacts, seenNames } from '../artifacts.queries.ts'
import type { HealthBadges } from '../contract.ts'
import { VersionNotOffered } from '../errors.ts'
import { wantedRange } from '../wanted-range.ts'
import { countByDepth, type WalkRoot, walkDependants } from './dependant-walk.ts'
import { type Bounds, hasCycle, nodeId, type WalkedNode, walkDependencies } from './dependency-walk.ts'
import { dependantsOfArtifacts, dependantVersions, dependenciesOfVersions } from './edges.queries.ts'
import type { BlastRadius, DependantTree, DependencyGraph, ImpactView } from './graph-views.ts'
import { impactOf } from './impact.ts'
import { hitArtifacts, impactView } from './impact-view.ts'
import { KnownArtifacts } from './known-artifacts.ts'

/** Who needs what. Every answer is bounded and says when it is cut; what the caller may not see is neither named nor counted. */
export interface DependencyGraphs {
  /** `version`: a version or tag; without: what a client would take. */
  dependencies(principal: Principal, ref: ArtifactRef, query: { readonly version?: string } & Bounds): Promise<DependencyGraph>
  /** `version`: only of those whose range takes it. */
  dependants(principal: Principal, ref: ArtifactRef, query: { readonly version?: string } & Bounds): Promise<DependantTree>
  /** What would break if the version (or what a tag points to), or without one all of them, were yanked. */
  impact(principal: Principal, ref: ArtifactRef, query: { readonly version?: string } & Bounds): Promise<ImpactView>
  /** Throws `scanning.advisory_not_found`. */
  blastRadius(principal: Principal, advisoryId: string, bounds: Bounds): Promise<BlastRadius>
}
export const DependencyGraphs = service<DependencyGraphs>('insights.dependency_graphs')

export interface DependencyGraphDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly scans: Scans
  readonly scores: Scores
  readonly badges: HealthBadges
}

const maxAffected = 1_000
const affectedPage = 200

export class DependencyGraphService implements DependencyGraphs {
  readonly #deps: DependencyGraphDeps

  constructor(deps: DependencyGraphDeps) {
    this.#deps = deps
  }

  async dependencies(
    principal: Principal,
    ref: ArtifactRef,
    { version, ...bounds }: { readonly version?: string } & Bounds,
  ): Promise<DependencyGraph> {
    const { database } = this.#deps
    const { located, artifact, sight } = await this.#find(principal, ref)
    const root = await this.#version(located, artifact, version)
    const source = {
      dependencies: (ids: readonly string[], limit: number) => dependenciesOfVersions(database, ids, limit),
      artifacts: (names: readonly Named[]) => offeredArtifacts(database, names, sight),
    }
    const { nodes, edges, cut } = await walkDependencies(source, { artifact, version: root }, bounds)
    return { root: nodeId(artifact, root.version), nodes: await this.#standings(nodes), edges: [...edges], cyclic: hasCycle(edges), cut }
  }

  async dependants(
    principal: Principal,
    ref: ArtifactRef,
    { version, ...bounds }: { readonly version?: string } & Bounds,
  ): Promise<DependantTree> {
    const { located, artifact, sight } = await this.#find(principal, ref)
    const found = version === undefined ? undefined : await this.#version(located, artifact, version)
    const root = { ...artifact, versions: found ? [found.version] : null }
    const { dependants, cut } = await walkDependants(this.#dependantsSeenBy(sight), [root], bounds)
    const name = found ? nodeId(artifact, found.version) : `${artifact.namespace}/${artifact.name}`
    return { root: name, dependants: [...dependants], byDepth: countByDepth(dependants), cut }
  }

  async impact(
    principal: Principal,
    ref: ArtifactRef,
    { version, ...bounds }: { readonly version?: string } & Bounds,
  ): Promise<ImpactView> {
    const { database } = this.#deps
    const { located, artifact, sight } = await this.#find(principal, ref)
    const one = version === undefined ? undefined : await this.#offeredVersion(located, artifact, version)
    const gone = one === undefined ? artifact.versions.map((it) => it.version) : [one]
    const source = {
      dependants: (targets: readonly Named[], limit: number) => dependantVersions(database, { targets, sight, limit }),
      artifacts: (names: readonly Named[]) => offeredArtifacts(database, names, sight),
    }
    const impact = await impactOf(source, { artifact, versions: gone }, bounds)
    const all = hitArtifacts(impact)
    const shown = all.slice(0, bounds.nodes)
    const known = new KnownArtifacts((names) => offeredArtifacts(database, names, sight))
    await known.load(shown.map(({ first }) => first.row))
    const offered = shown.flatMap(({ first }) => known.named(first.row)?.filter((it) => it.artifactId === first.row.artifactId) ?? [])
    const isPart = known.isCut || offered.some(({ hasMore }) => hasMore) || (one === undefined && artifact.hasMore)
    const root = one === undefined ? `${artifact.namespace}/${artifact.name}` : nodeId(artifact, one)
    return impactView(all, { root, yanked: gone, shown, offered, cut: impact.cut || isPart })
  }

  async blastRadius(principal: Principal, advisoryId: string, bounds: Bounds): Promise<BlastRadius> {
    const { database, authorizer } = this.#deps
    const { affected, cut: isMore } = await this.#affected(principal, advisoryId)
    const sight = await authorizer.sight(principal)
    const known = await seenNames(database, affected, sight)
    const roots = affected.flatMap((one): WalkRoot[] => {
      const artifact = known.find((it) => it.namespace === one.namespace && it.name === one.name && it.format === one.format)
      return artifact ? [{ ...one, artifactId: artifact.artifactId }] : []
    })
    const { dependants, cut } = await walkDependants(this.#dependantsSeenBy(sight), roots, bounds)
    const byDepth = [{ depth: 0, artifacts: affected.length }, ...countByDepth(dependants)]
    return { advisory: advisoryId, affected, dependants: [...dependants], byDepth, cut: cut || isMore }
  }

  /** Artifacts that have it themselves, with all versions that do. */
  async #affected(principal: Principal, advisoryId: string): Promise<{ affected: BlastRadius['affected']; cut: boolean }> {
    const byName = new Map<string, { namespace: string; name: string; format: string; versions: string[] }>()
    let cursor: string | undefined
    do {
      const page = await this.#deps.scans.affected(principal, advisoryId, { limit: affectedPage, ...(cursor !== undefined && { cursor }) })
      for (const { namespace, name, format, versions, status } of page.items) {
        if (status !== 'affected' && status !== 'under_investigation') continue
        const key = `${format} ${namespace}/${name}`
        const known = byName.get(key)?.versions ?? []
        byName.set(key, { namespace, name, format, versions: [...new Set([...known, ...versions])] })
      }
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined && byName.size < maxAffected)
    return { affected: [...byName.values()], cut: cursor !== undefined }
  }

  #dependantsSeenBy(sight: Sight) {
    return (targets: readonly Named[], limit: number) => dependantsOfArtifacts(this.#deps.database, { targets, sight, limit })
  }

  async #find(principal: Principal, ref: ArtifactRef): Promise<{ located: Located; artifact: OfferedArtifact; sight: Sight }> {
    const { catalog, authorizer, database } = this.#deps
    const located = await catalog.locate(principal, ref, 'read')
    const { id: artifactId, namespace, name, format, type } = located.artifact
    const sight = await authorizer.sight(principal)
    const found = await offeredArtifacts(database, [{ namespace, name, format }], sight)
    const artifact = found.find((one) => one.artifactId === artifactId)
    return {
      located,
      sight,
      artifact: artifact ?? { artifactId, namespace, name, format, type, versions: [], hasMore: false, beside: [], tags: new Map() },
    }
  }

  async #version(located: Located, artifact: OfferedArtifact, wanted: string | undefined): Promise<OfferedVersion> {
    if (wanted === undefined) {
      const taken = [wantedRange('latest'), wantedRange('*')].map((range) => range.choose(artifact)).find((one) => typeof one === 'object')
      const highest = taken ?? artifact.versions[0]
      if (highest) return highest
    }
    const { id, version, state, stateReason, manifestDigest } = await this.#deps.catalog.version(located, wanted ?? 'latest')
    return { id, version, deprecated: state === 'deprecated', deprecation: stateReason, manifestDigest }
  }

  /** Of a version or tag, the version that a yank would take away; a yanked one was taken away before. */
  async #offeredVersion(located: Located, artifact: OfferedArtifact, wanted: string): Promise<string> {
    const name = artifact.tags.get(wanted) ?? wanted
    if ([...artifact.versions, ...artifact.beside].some(({ version }) => version === name)) return name
    const { version, state } = artifact.hasMore ? await this.#deps.catalog.version(located, wanted) : { version: name, state: 'absent' }
    if (state !== 'published' && state !== 'deprecated') throw new VersionNotOffered(wanted)
    return version
  }

  async #standings(nodes: readonly WalkedNode[]): Promise<DependencyGraph['nodes']> {
    const { badges, scores } = this.#deps
    const health = await badges.badgesOf([...new Set(nodes.map(({ artifact }) => artifact.artifactId))])
    const manifestOf = ({ artifact: { artifactId }, version: { manifestDigest } }: WalkedNode) => ({ artifactId, manifestDigest })
    const scanned = await scores.of(nodes.map(manifestOf))
    return nodes.map((node) => {
      const { id, depth, artifact, version } = node
      const { namespace, name, format, type } = artifact
      const score = scanned.get(scoreKey(manifestOf(node)))
      return {
        ...{ id, namespace, name, format, type, version: version.version, depth, deprecated: version.deprecated },
        health: health.get(artifact.artifactId)?.score ?? null,
        securityScore: score?.securityScore ?? null,
        vulnerabilities: score ? Object.values(score.counts).reduce((sum, count) => sum + count, 0) : null,
      }
    })
  }
}
