import type { OfferedArtifact } from '../artifacts.queries.ts'
import { countByDepth } from './dependant-walk.ts'
import type { ImpactItem, ImpactView } from './graph-views.ts'
import type { Hit, Impact } from './impact.ts'

const maxVersions = 20
const maxYanked = 100

/** Everything that happens to one artifact. */
export interface HitArtifact {
  readonly severity: ImpactItem['severity']
  readonly depth: number
  readonly first: Hit
  readonly hits: readonly Hit[]
}

/** What breaks before what only loses something, the nearest first. */
export function hitArtifacts({ broken, degraded }: Impact): readonly HitArtifact[] {
  const breaks = grouped(broken, 'breaks')
  const isBroken = new Set(breaks.map(({ first }) => first.row.artifactId))
  const others = degraded.filter(({ row }) => !isBroken.has(row.artifactId))
  return [...breaks, ...grouped(others, 'degrades')]
}

function grouped(hits: readonly Hit[], severity: string): HitArtifact[] {
  const byArtifact = [...Map.groupBy(hits, ({ row }) => row.artifactId).values()]
  return byArtifact
    .flatMap((found): HitArtifact[] => {
      const [first] = found
      return first ? [{ severity, first, hits: found, depth: Math.min(...found.map(({ depth }) => depth)) }] : []
    })
    .sort((left, right) => left.depth - right.depth || (left.first.row.artifactId < right.first.row.artifactId ? -1 : 1))
}

interface Around {
  readonly root: string
  readonly yanked: readonly string[]
  /** Those that are shown, with what they offer. */
  readonly shown: readonly HitArtifact[]
  readonly offered: readonly OfferedArtifact[]
  readonly cut: boolean
}

export function impactView(all: readonly HitArtifact[], { root, yanked, shown, offered, cut }: Around): ImpactView {
  const breaks = all.filter(({ severity }) => severity === 'breaks').length
  const versionsOf = new Map(offered.map(({ artifactId, versions }) => [artifactId, versions.map(({ version }) => version)]))
  return {
    ...{ root, yanked: yanked.slice(0, maxYanked), breaks, degrades: all.length - breaks, byDepth: countByDepth(all) },
    items: shown.map((one) => itemOf(one, versionsOf.get(one.first.row.artifactId) ?? [])),
    cut: cut || shown.length < all.length,
  }
}

function itemOf({ severity, depth, first, hits }: HitArtifact, all: readonly string[]): ImpactItem {
  const affected = new Map(hits.map((hit) => [hit.row.version, hit]))
  const versions = all.filter((version) => affected.has(version))
  const { row } = affected.get(versions[0] ?? '') ?? first
  const { artifactId, namespace, name, format, target, range, kind } = row
  return {
    ...{ artifactId, namespace, name, format, severity, depth, versions: versions.slice(0, maxVersions) },
    ...{ affectedVersions: affected.size, offeredVersions: all.length, current: all[0] !== undefined && affected.has(all[0]) },
    via: { namespace: target.namespace, name: target.name, range, kind },
  }
}
