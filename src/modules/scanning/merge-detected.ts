import { compareTexts } from './versions/order.ts'
import type { Detected, Vulnerability } from './vulnerability.ts'

type Merged = Omit<Vulnerability, 'status' | 'justification' | 'author'>

const maxIds = 64
const maxUrls = 32

/** Findings of all scanners, one for each vulnerability of each package: what shares a name is one. The order of what goes in does not matter. */
export function mergeDetected(all: readonly Detected[]): Merged[] {
  const byPurl = Map.groupBy(all, ({ purl }) => purl)
  return [...byPurl.values()].flatMap((found) => groupsOf(found).map(mergedOf)).sort((a, b) => compareTexts(keyOf(a), keyOf(b)))
}

const keyOf = ({ vulnerability, purl }: Merged): string => `${vulnerability}\n${purl}`

/** Names lead from one to the next: an advisory of GitHub and one of Python may share no more than the CVE between them. */
function groupsOf(found: readonly Detected[]): Detected[][] {
  const groupOf = new Map<string, Detected[]>()
  for (const detected of found) {
    const joined = new Set(detected.ids.flatMap((id) => groupOf.get(id) ?? []).concat(detected))
    const group = [...joined]
    for (const { ids } of group) for (const id of ids) groupOf.set(id, group)
  }
  return [...new Set(groupOf.values())]
}

function mergedOf(group: readonly Detected[]): Merged {
  const ids = [...new Set(group.flatMap((detected) => detected.ids))].sort(byRank).slice(0, maxIds)
  const inOrder = group.toSorted((a, b) => b.score - a.score || compareTexts(JSON.stringify(a), JSON.stringify(b)))
  const [worst, ...others] = inOrder
  if (!worst) throw new Error('a group has members')
  const { scanner: _scanner, ...most } = worst
  return {
    ...most,
    vulnerability: ids[0] ?? '',
    ids,
    fixedVersion: worst.fixedVersion ?? others.find(({ fixedVersion }) => fixedVersion !== null)?.fixedVersion ?? null,
    urls: [...new Set(inOrder.flatMap(({ urls }) => urls))].slice(0, maxUrls),
    scanners: [...new Set(group.map(({ scanner }) => scanner))].sort(),
  }
}

const rank = (id: string): number => (id.startsWith('CVE-') ? 0 : id.startsWith('GHSA-') ? 1 : 2)
const byRank = (a: string, b: string): number => rank(a) - rank(b) || compareTexts(a, b)
