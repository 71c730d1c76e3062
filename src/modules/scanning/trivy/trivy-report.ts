import type { Component } from '../analysis.contract.ts'
import { listOf, type Members, membersOf, textOf } from '../catalogers/reading.ts'
import type { Severity } from '../contract.ts'
import { ScannerFailed } from '../scanner.ts'
import { severityOfScore, severityOfWord } from '../severity.ts'
import type { Detected } from '../vulnerability.ts'

const maxVulnerabilities = 50_000
const maxText = 4_000
const unstorable = /[\0\p{Surrogate}]/gu

/**
 * The JSON report of trivy (`SchemaVersion` 2) on these packages. What has no name or package of its own is left out. Throws `ScannerFailed`.
 */
export function readTrivyReport(text: string, packages: readonly Component[]): Detected[] {
  const byPurl = new Map(packages.map((component) => [component.purl, component]))
  const document = parse(text)
  if (document['SchemaVersion'] !== 2) throw new ScannerFailed('trivy answered with a report of another schema than version 2')
  const all = listOf(document['Results']).flatMap((result) => listOf(membersOf(result)['Vulnerabilities']))
  if (all.length > maxVulnerabilities) throw new ScannerFailed(`trivy reported more than ${maxVulnerabilities} vulnerabilities`)
  return all.flatMap((entry) => detectedOf(membersOf(entry), byPurl))
}

function parse(text: string): Members {
  try {
    return membersOf(JSON.parse(text))
  } catch {
    throw new ScannerFailed('trivy answered with something that is not JSON')
  }
}

function detectedOf(entry: Members, packages: ReadonlyMap<string, Component>): Detected[] {
  const id = textOf(entry['VulnerabilityID'])
  const { purl, name, version } = packageOf(entry, packages)
  if (!/^[!-~]{1,128}$/.test(id) || !purl.startsWith('pkg:') || name === '' || version === '') return []
  const aliases = listOf(entry['VendorIDs'])
    .map(textOf)
    .filter((alias) => /^[!-~]{1,128}$/.test(alias))
  const score = scoreOf(membersOf(entry['CVSS']))
  const title = clean(textOf(entry['Title']), 300) || id
  return [
    {
      ...{ scanner: 'trivy', ids: [id, ...aliases.slice(0, 16)], purl: clean(purl, 1_024), score },
      ...{ package: clean(name, 512), version: clean(version, 256), severity: severityOf(entry, score) },
      ...{ title, description: clean(textOf(entry['Description']), maxText) || title },
      // Several branches are repaired apart: `1.2.3, 2.0.1`.
      fixedVersion: clean(textOf(entry['FixedVersion']).split(',', 1)[0]?.trim() ?? '', 256) || null,
      urls: urlsOf(entry),
    },
  ]
}

/** As it was asked about, by its reference; what was not is as trivy says. */
function packageOf(entry: Members, packages: ReadonlyMap<string, Component>): Pick<Component, 'purl' | 'name' | 'version'> {
  const { PURL: purl, BOMRef: reference } = membersOf(entry['PkgIdentifier'])
  const known = packages.get(textOf(reference))
  return known ?? { purl: plainPurl(textOf(purl)), name: textOf(entry['PkgName']), version: textOf(entry['InstalledVersion']) }
}

const clean = (text: string, maxLength: number): string => text.slice(0, maxLength).replace(unstorable, '')

/** As the catalogers write it: the distribution stays, what else trivy adds goes. */
function plainPurl(purl: string): string {
  const [path = '', query = ''] = purl.split('#', 1)[0]?.split('?') ?? []
  const distro = new URLSearchParams(query).get('distro')
  return distro === null ? path : `${path}?distro=${encodeURIComponent(distro)}`
}

/** Of the national database first, then whoever has one. */
function scoreOf(cvss: Members): number {
  const sources = [cvss['nvd'], cvss['ghsa'], ...Object.values(cvss)].map(membersOf)
  const scores = sources.flatMap((source) => [source['V3Score'], source['V40Score'], source['V2Score']])
  const [first] = scores.filter((score): score is number => typeof score === 'number' && score > 0 && score <= 10)
  return first ?? 0
}

const severityOf = (entry: Members, score: number): Severity =>
  severityOfWord(entry['Severity']) ?? (score > 0 ? severityOfScore(score) : 'moderate')

function urlsOf(entry: Members): string[] {
  const urls = [entry['PrimaryURL'], ...listOf(entry['References'])].map(textOf)
  return [...new Set(urls)].filter((url) => url.length <= 2_048 && /^https?:\/\//i.test(url) && URL.canParse(url)).slice(0, 32)
}
