import type { Database } from '../../shared/kernel/database.ts'
import { advisoriesOf, affectedOf, type Matching, type MatchRow, newMatching } from './advisory-match.ts'
import type { Component } from './analysis.contract.ts'
import { fixedIn } from './versions/affected.ts'
import { comparisonOf } from './versions/comparison.ts'
import { compareSemantic } from './versions/semantic.ts'
import type { Detected } from './vulnerability.ts'

/** The scanner that this registry is itself. */
export const builtIn = { name: 'gati', version: '2' } as const

export type Matchable = Pick<Component, 'purl' | 'ecosystem' | 'name' | 'version' | 'source'>

interface Asked {
  readonly name: string
  readonly version: string
  readonly component: Matchable
}

const namesPerQuery = 2_000
const sourcesOnly = /^(?:Debian|Ubuntu|Alpine|Wolfi|Chainguard|Alpaquita)(?::|$)/

/** Advisories of Debian and Alpine name source packages; those of rpm distributions name either. */
function askedFor(component: Matchable): Asked[] {
  const { source, ecosystem, name, version } = component
  const itself = { name, version, component }
  if (!source) return [itself]
  const fromSource = { ...source, component }
  return sourcesOnly.test(ecosystem) ? [fromSource] : source.name === name ? [itself] : [itself, fromSource]
}

/** What the imported advisories say about these packages: one read by index for each ecosystem and 2,000 names. */
export async function componentMatches(database: Database, components: readonly Matchable[]): Promise<Detected[]> {
  const detected: Detected[] = []
  for (const [ecosystem, inIt] of Map.groupBy(components, (component) => component.ecosystem)) {
    const asked = Map.groupBy(inIt.flatMap(askedFor), ({ name }) => name)
    const matching = newMatching(ecosystem)
    const names = [...asked.keys()]
    for (let at = 0; at < names.length; at += namesPerQuery) {
      const rows = await advisoriesOf(database, ecosystem, names.slice(at, at + namesPerQuery))
      for (const row of rows) detected.push(...(await detectedBy(row, asked.get(row.packageName) ?? [], matching)))
    }
  }
  return detected
}

async function detectedBy(row: MatchRow, asked: readonly Asked[], matching: Matching): Promise<Detected[]> {
  const affected = new Set(await affectedOf(row, [...new Set(asked.map(({ version }) => version))], matching))
  return asked.filter(({ version }) => affected.has(version)).map((one) => detectedOf(row, one))
}

function detectedOf(row: MatchRow, { version, component }: Asked): Detected {
  return {
    scanner: builtIn.name,
    ids: [row.id, ...row.aliases],
    ...{ purl: component.purl, package: component.name, version: component.version },
    ...{ severity: row.severity, score: row.score, title: row.title, description: row.details ?? row.title },
    fixedVersion: fixOf(row, version, component.ecosystem),
    urls: [...new Set([row.url, ...row.urls])],
  }
}

function fixOf({ givenRanges, patched }: MatchRow, version: string, ecosystem: string): string | null {
  const compare = comparisonOf(ecosystem)
  if (givenRanges) return compare ? fixedIn(version, givenRanges, compare) : null
  const fixes = [...(patched ?? '').matchAll(/>=(\S+)/g)].map(([, fixed = '']) => fixed)
  return fixes.filter((fixed) => compareSemantic(fixed, version) > 0).sort(compareSemantic)[0] ?? null
}
