import { listOf, type Members, membersOf, textOf } from '../catalogers/reading.ts'
import { VexInvalid } from '../errors.ts'
import type { VexStatus } from '../vulnerability.ts'
import { identityOf } from './purl-match.ts'
import { instantIn, keptText, type StatementParts, type VexStatement, type VexSubject, writtenOut } from './statement.ts'
import { isAbout, isOtherVersion } from './subject-match.ts'

/** https://cyclonedx.org/docs/1.6/json/#vulnerabilities_items_analysis_state */
const statuses: Readonly<Record<string, VexStatus>> = {
  not_affected: 'not_affected',
  false_positive: 'not_affected',
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
}

interface Bom {
  readonly author: string
  readonly statedAt: string
  /** By `bom-ref`. */
  readonly purls: ReadonlyMap<string, string>
  readonly itself: string
}

export function readCycloneVex(document: Members, subject: VexSubject): VexStatement[] {
  const bom = bomOf(document)
  return writtenOut(partsOf(listOf(document['vulnerabilities']), bom, subject))
}

function* partsOf(entries: readonly unknown[], bom: Bom, subject: VexSubject): Generator<StatementParts, void, undefined> {
  for (const [at, entry] of entries.entries()) {
    const read = readVulnerability(membersOf(entry), bom, { at, subject })
    if (read) yield read
  }
}

function bomOf(document: Members): Bom {
  const metadata = membersOf(document['metadata'])
  const itself = membersOf(metadata['component'])
  const people = [...listOf(metadata['authors']), metadata['manufacturer'], metadata['supplier']].map((person) =>
    textOf(membersOf(person)['name']),
  )
  // Parts without a name are never referred to, however often a reference is missing.
  const components = [itself, ...listOf(document['components']).slice(0, 100_000).map(membersOf)]
  return {
    author: keptText(people.find((name) => name !== '') ?? 'unnamed', '/metadata', 200),
    statedAt: instantIn(textOf(metadata['timestamp'])) ?? new Date(0).toISOString(),
    purls: new Map(
      components.map((component) => [textOf(component['bom-ref']), textOf(component['purl'])] as const).filter(([ref]) => ref !== ''),
    ),
    itself: textOf(itself['bom-ref']),
  }
}

function readVulnerability(
  entry: Members,
  bom: Bom,
  { at, subject }: { readonly at: number; readonly subject: VexSubject },
): StatementParts | undefined {
  const name = textOf(entry['id'])
  if (!/^[!-~]{1,128}$/.test(name)) throw new VexInvalid(`/vulnerabilities/${at}/id is missing`)
  const analysis = membersOf(entry['analysis'])
  // Without an analysis it is a finding and no statement.
  if (entry['analysis'] === undefined) return undefined
  const state = textOf(analysis['state'])
  const status = Object.hasOwn(statuses, state) ? statuses[state] : undefined
  if (!status) throw new VexInvalid(`/vulnerabilities/${at}/analysis/state is not one of CycloneDX`)
  const where = `/vulnerabilities/${at}`
  const statedAt = instantIn(textOf(analysis['lastUpdated']) || textOf(entry['updated'])) ?? bom.statedAt
  const told = [textOf(analysis['justification']), textOf(analysis['detail'])].filter((text) => text !== '').join(': ')
  const rest = { status, justification: told === '' ? null : keptText(told, where), author: bom.author, statedAt }
  return { names: [name], purls: affected(listOf(entry['affects']), bom, { subject, where }), where, ...rest }
}

function affected(
  affects: readonly unknown[],
  { purls, itself }: Bom,
  { subject, where }: { readonly subject: VexSubject; readonly where: string },
): (string | null)[] {
  if (affects.length === 0) return [null]
  const meant = affects.map((entry) => meantBy(textOf(membersOf(entry)['ref']), { purls, itself, subject }))
  return [...new Set(meant)].filter((purl) => purl !== undefined).filter((purl) => purl === null || keptText(purl, where) === purl)
}

/** A package, null for all of the artifact, or undefined for something else. */
function meantBy(
  ref: string,
  { purls, itself, subject }: Pick<Bom, 'purls' | 'itself'> & { readonly subject: VexSubject },
): string | null | undefined {
  if (ref === '') return undefined
  // A link into another document ends with the name inside it: `urn:cdx:<serial>/<version>#<bom-ref>`.
  const inner = ref.startsWith('urn:cdx:') ? decoded(ref.slice(ref.indexOf('#') + 1)) : ref
  const purl = purls.get(inner) || inner
  if (isOtherVersion(purl, subject)) return undefined
  if (inner === itself || isAbout(purl, subject)) return null
  return identityOf(purl) ? purl : undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
