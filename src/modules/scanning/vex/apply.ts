import type { mergeDetected } from '../merge-detected.ts'
import type { Vulnerability } from '../vulnerability.ts'
import { purlMatches } from './purl-match.ts'
import type { VexStatement } from './statement.ts'

type Merged = ReturnType<typeof mergeDetected>[number]

/** The newest statement about the vulnerability, by any of its names, and the package decides; one about the package before one about everything. */
export function applyVex(found: readonly Merged[], statements: readonly VexStatement[]): Vulnerability[] {
  const byName = Map.groupBy(statements, ({ vulnerability }) => vulnerability)
  return found.map((vulnerability) => {
    const about = vulnerability.ids
      .flatMap((id) => byName.get(id) ?? [])
      .filter(({ purl }) => purl === null || purlMatches(purl, vulnerability.purl))
      .sort((a, b) => Number(a.purl === null) - Number(b.purl === null) || Date.parse(b.statedAt) - Date.parse(a.statedAt))
    const [deciding] = about
    if (!deciding) return { ...vulnerability, status: 'affected', justification: null, author: null }
    const { status, justification, author } = deciding
    return { ...vulnerability, status, justification, author }
  })
}
