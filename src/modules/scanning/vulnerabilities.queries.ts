import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { ScanSubject } from './scan-subject.ts'
import type { Detected, Vulnerability } from './vulnerability.ts'

const columns = sql`v.vulnerability, v.purl, v.ids, v.severity, v.score, v.title, v.description, v.package, v.version, v.fixed_version as "fixedVersion",
  v.urls, v.scanners, v.status, v.justification, v.author, v.detected_at as "detectedAt"`

export interface StoredVulnerability extends Vulnerability {
  readonly detectedAt: string
}

export interface VulnerabilityPage {
  readonly after?: { readonly score: number; readonly vulnerability: string; readonly purl: string }
  readonly limit: number
}

/** The gravest first. */
export const vulnerabilitiesOf = (database: Database, { artifactId, manifestDigest }: ScanSubject, { after, limit }: VulnerabilityPage) => {
  const behind = after
    ? sql`and (-v.score, v.vulnerability, v.purl) > (${-after.score}::real, ${after.vulnerability}::text, ${after.purl}::text)`
    : sql``
  return database.sql<StoredVulnerability>`
    select ${columns} from scan_vulnerabilities v where v.artifact_id = ${artifactId} and v.manifest_digest = ${manifestDigest} ${behind}
    order by -v.score, v.vulnerability, v.purl limit ${limit}`
}

/** Names and places of what is stored, to tell what is new. */
export const knownVulnerabilities = (database: Database, { artifactId, manifestDigest }: ScanSubject) =>
  database.sql<Pick<Vulnerability, 'vulnerability' | 'purl' | 'status' | 'score' | 'severity' | 'fixedVersion'>>`
    select vulnerability, purl, status, score, severity, fixed_version as "fixedVersion" from scan_vulnerabilities
    where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`

/** Of these, the ones that some other manifest of the artifact is known to have. */
export async function knownElsewhere(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.sql<{ vulnerability: string }>`
    select distinct vulnerability from scan_vulnerabilities
    where artifact_id = ${artifactId} and manifest_digest <> ${manifestDigest} and vulnerability = any(${names}::text[])
      and status in ('affected', 'under_investigation')`
  return new Set(rows.map(({ vulnerability }) => vulnerability))
}

/** Within a transaction; what stays keeps the instant it was detected at. */
export async function writeVulnerabilities(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  { found, known }: { readonly found: readonly Vulnerability[]; readonly known: readonly Pick<Vulnerability, 'vulnerability' | 'purl'>[] },
): Promise<void> {
  if (known.length > 0) await dropOthers(database, { artifactId, manifestDigest }, found)
  if (found.length === 0) return
  const rows = JSON.stringify(found.map((each) => ({ ...each, ids: each.ids, urls: each.urls })))
  await database.sql`
    insert into scan_vulnerabilities as v (artifact_id, manifest_digest, vulnerability, purl, ids, severity, score, title, description, package, version,
      fixed_version, urls, scanners, status, justification, author)
    select ${artifactId}::uuid, ${manifestDigest}::text, vulnerability, purl, ids, severity, score, title, description, package, version, "fixedVersion",
      urls, scanners, status, justification, author
    from jsonb_to_recordset(${rows}::jsonb) as n (vulnerability text, purl text, ids text[], severity text, score real, title text, description text,
      package text, version text, "fixedVersion" text, urls text[], scanners text[], status text, justification text, author text)
    on conflict (artifact_id, manifest_digest, vulnerability, purl) do update set ids = excluded.ids, severity = excluded.severity,
      score = excluded.score, title = excluded.title, description = excluded.description, fixed_version = excluded.fixed_version,
      urls = excluded.urls, scanners = excluded.scanners, status = excluded.status, justification = excluded.justification, author = excluded.author
      where (v.ids, v.severity, v.score, v.title, v.description, v.fixed_version, v.urls, v.scanners, v.status, v.justification, v.author)
        is distinct from (excluded.ids, excluded.severity, excluded.score, excluded.title, excluded.description, excluded.fixed_version,
          excluded.urls, excluded.scanners, excluded.status, excluded.justification, excluded.author)`
}

async function dropOthers(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  found: readonly Pick<Vulnerability, 'vulnerability' | 'purl'>[],
): Promise<void> {
  const rows = JSON.stringify(found.map(({ vulnerability, purl }) => ({ vulnerability, purl })))
  await database.sql`
    delete from scan_vulnerabilities v where v.artifact_id = ${artifactId} and v.manifest_digest = ${manifestDigest}
      and not exists (select from jsonb_to_recordset(${rows}::jsonb) as n (vulnerability text, purl text)
        where n.vulnerability = v.vulnerability and n.purl = v.purl)`
}

interface StoredReport {
  readonly scanner: string
  readonly version: string
  readonly databaseVersion: string
  readonly vulnerabilities: readonly Detected[]
}

export const reportsOf = (database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<StoredReport[]> =>
  database.sql<StoredReport>`
    select scanner, scanner_version as version, database_version as "databaseVersion", vulnerabilities from scan_reports
    where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} order by scanner`

export async function writeReport(database: Database, { artifactId, manifestDigest }: ScanSubject, report: StoredReport): Promise<void> {
  await database.sql`
    insert into scan_reports (artifact_id, manifest_digest, scanner, scanner_version, database_version, vulnerabilities)
    values (${artifactId}, ${manifestDigest}, ${report.scanner}, ${report.version}, ${report.databaseVersion}, ${JSON.stringify(report.vulnerabilities)}::jsonb)
    on conflict (artifact_id, manifest_digest, scanner) do update set scanner_version = excluded.scanner_version,
      database_version = excluded.database_version, vulnerabilities = excluded.vulnerabilities, reported_at = now()`
}
