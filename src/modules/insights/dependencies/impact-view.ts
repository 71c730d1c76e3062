import type { OfferedArtifact } from '../artifacts.queries.ts'
import { countByDepth } from './dependant-walk.ts'
import type { ImpactItem, ImpactView } from './graph-views.ts'
import type { Hit, Impact } from './impact.ts'

const maxVersions = 20
const maxYanked = 100

interface Around {
  readonly root: string
  readonly yanked: readonly string[]
  readonly offered: readonly OfferedArtifact[]
  readonly limit: number
}

/** One item an artifact, what breaks before what only loses something, the nearest first. */
export function impactView({ broken, degraded, cut }: Impact, { root, yanked, offered, limit }: Around): ImpactView {
  const breaks = itemsOf(broken, 'breaks', offered)
  const isBroken = new Set(breaks.map(({ artifactId }) => artifactId))
  const degrades = itemsOf(
    degraded.filter(({ row }) => !isBroken.has(row.artifactId)),
    'degrades',
    offered,
  )
  const items = [...breaks, ...degrades]
  return {
    ...{ root, yanked: yanked.slice(0, maxYanked), breaks: breaks.length, degrades: degrades.length },
    ...{ byDepth: countByDepth(items), items: items.slice(0, limit), cut: cut || items.length > limit },
  }
}

function itemsOf(hits: readonly Hit[], severity: ImpactItem['severity'], offered: readonly OfferedArtifact[]): ImpactItem[] {
  const versionsOf = new Map(offered.map(({ artifactId, versions }) => [artifactId, versions.map(({ version }) => version)]))
  const grouped = Map.groupBy(hits, ({ row }) => row.artifactId)
  return [...grouped.values()]
    .flatMap((found): ImpactItem[] => {
      const [first] = found
      if (!first) return []
      const all = versionsOf.get(first.row.artifactId) ?? []
      const affected = new Map(found.map((hit) => [hit.row.version, hit]))
      const versions = all.filter((version) => affected.has(version))
      const { row } = affected.get(versions[0] ?? '') ?? first
      const { artifactId, namespace, name, format, target, range, kind } = row
      return [
        {
          ...{ artifactId, namespace, name, format, severity, versions: versions.slice(0, maxVersions) },
          depth: Math.min(...found.map(({ depth }) => depth)),
          ...{ affectedVersions: affected.size, offeredVersions: all.length, current: all[0] !== undefined && affected.has(all[0]) },
          via: { namespace: target.namespace, name: target.name, range, kind },
        },
      ]
    })
    .sort((left, right) => left.depth - right.depth || (left.artifactId < right.artifactId ? -1 : 1))
}
