import type { Database } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { ScanCause, ScanSubject } from './scan-subject.ts'
import type { ScanVerdict } from './security-score.ts'

export interface ScannerUsed {
  readonly name: string
  readonly version: string
  readonly databaseVersion: string
}

export type ProblemCode = 'timeout' | 'crashed' | 'garbage' | 'unreadable' | 'unscannable' | 'scanner' | 'interrupted' | 'internal'

export interface ScanRow {
  readonly id: string
  readonly cause: ScanCause
  readonly status: 'pending' | 'scanning' | 'completed' | 'failed'
  readonly analysedBy: string | null
  readonly scanners: readonly ScannerUsed[]
  readonly databaseVersion: number | null
  readonly securityScore: number | null
  readonly riskLevel: string | null
  readonly malicious: boolean
  /** Open vulnerabilities by severity. */
  readonly counts: Readonly<Record<string, number>>
  /** Platforms that were not looked at. */
  readonly gaps: readonly string[]
  /** For publishers; readers are given the code. */
  readonly problem: string | null
  readonly problemCode: ProblemCode | null
  readonly startedAt: string
  readonly completedAt: string | null
}

interface OpenedScan {
  readonly id: string
  readonly cause: ScanCause
  readonly analysedBy: string
  readonly keys: readonly string[]
}

/**
 * Makes the subject known, and writes down that it is being scanned. Answers which of the contents are known to this version of the analysis; `undefined`
 * when that scan came to its end before or, of what was published, when the last scan of this version of the analysis did.
 */
export async function openScan(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  { id, cause, analysedBy, keys }: OpenedScan,
): Promise<ReadonlySet<string> | undefined> {
  const [row] = await database.sql<{ analysed: readonly string[] }>`
    with known as (
      insert into scan_subjects (artifact_id, manifest_digest) values (${artifactId}, ${manifestDigest})
      on conflict (artifact_id, manifest_digest) do nothing
    )
    insert into scans (id, artifact_id, manifest_digest, cause, status)
    select ${id}::uuid, ${artifactId}::uuid, ${manifestDigest}::text, ${cause}::text, 'scanning'
    where ${cause}::text <> 'published' or not coalesce((select status = 'completed' and analysed_by = ${analysedBy} from scans
      where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} order by id desc limit 1), false)
    on conflict (id) do update set status = excluded.status, started_at = now(), problem = null, problem_code = null where scans.status <> 'completed'
    returning array(select key from scan_contents where key = any(${keys}::text[]) and analysed_by = ${analysedBy}) as analysed`
  return row && new Set(row.analysed)
}

/** Makes the subject known, and holds it until the end of the transaction. */
export async function holdSubject(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<void> {
  await database.sql`insert into scan_subjects (artifact_id, manifest_digest) values (${artifactId}, ${manifestDigest})
    on conflict (artifact_id, manifest_digest) do nothing`
  await lockSubject(database, { artifactId, manifestDigest })
}

/** Of a subject that is known: holds it until the end of the transaction. */
export async function lockSubject(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<void> {
  await database.sql`select 1 from scan_subjects where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} for update`
}

/** What is stored of a subject: what there is none of need not be asked for. */
export interface Standing {
  readonly isScanned: boolean
  readonly hasReports: boolean
  readonly hasStatements: boolean
  readonly hasVulnerabilities: boolean
  readonly hasComponents: boolean
  readonly hasFindings: boolean
  /** The content itself, all of it: what is attached to a manifest says nothing of what lies in it. */
  readonly isUnpacked: boolean
  /** Of the advisories. */
  readonly databaseVersion: number
}

/** Within a transaction that holds the subject and the version of the database. */
export async function standingOf(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<Standing> {
  const [row] = await database.sql<Standing>`
    select exists (select from scans where artifact_id = a and manifest_digest = m and status = 'completed') as "isScanned",
      exists (select from scan_reports where artifact_id = a and manifest_digest = m) as "hasReports",
      exists (select from vex_statements where artifact_id = a and manifest_digest = m) as "hasStatements",
      exists (select from scan_vulnerabilities where artifact_id = a and manifest_digest = m) as "hasVulnerabilities",
      exists (select from scan_subject_contents s join scan_contents o on o.key = s.content_key join scan_components c on c.content_id = o.id
        where s.artifact_id = a and s.manifest_digest = m) as "hasComponents",
      exists (select from scan_subject_contents s join scan_contents o on o.key = s.content_key join scan_findings f on f.content_id = o.id
        where s.artifact_id = a and s.manifest_digest = m) as "hasFindings",
      coalesce((select bool_and(o.origin is not distinct from 'analysis') from scan_subject_contents s left join scan_contents o on o.key = s.content_key
        where s.artifact_id = a and s.manifest_digest = m and s.role = 'content'), false) as "isUnpacked",
      coalesce((select version from advisory_database), 0) as "databaseVersion"
    from (values (${artifactId}::uuid, ${manifestDigest}::text)) as subject (a, m)`
  if (!row) throw new Error('a row without a table')
  return row
}

export async function isSubject(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<boolean> {
  const rows = await database.sql<{ one: number }>`
    select 1 as one from scan_subjects where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
  return rows.length > 0
}

export async function dropSubject(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<void> {
  await database.sql`delete from scan_subjects where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
}

export async function addScan(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  { cause, status, id = uuidv7() }: { readonly cause: ScanCause; readonly status: 'pending' | 'scanning'; readonly id?: string },
): Promise<string> {
  await database.sql`
    insert into scans (id, artifact_id, manifest_digest, cause, status) values (${id}, ${artifactId}, ${manifestDigest}, ${cause}, ${status})
    on conflict (id) do update set status = excluded.status, started_at = now(), problem = null, problem_code = null`
  return id
}

const maxProblem = 500

export async function failScan(
  database: Database,
  id: string,
  { code, text }: { readonly code: ProblemCode; readonly text: string },
): Promise<void> {
  await database.sql`update scans set status = 'failed', problem_code = ${code}, problem = ${text.replaceAll('\0', '').slice(0, maxProblem)}, completed_at = now()
    where id = ${id} and status <> 'completed'`
}

export interface Completion extends ScanVerdict {
  readonly analysedBy: string
  readonly scanners: readonly ScannerUsed[]
  readonly counts: Readonly<Record<string, number>>
  readonly databaseVersion: number
}

export async function completeScan(database: Database, id: string, done: Completion): Promise<void> {
  await database.sql`
    with done as (
      update scan_subjects s set scanned_at = now() from scans c
      where c.id = ${id} and s.artifact_id = c.artifact_id and s.manifest_digest = c.manifest_digest
    )
    update scans set status = 'completed', analysed_by = ${done.analysedBy}, scanners = ${JSON.stringify(done.scanners)}::jsonb,
      database_version = ${done.databaseVersion}, security_score = ${done.securityScore}, risk_level = ${done.riskLevel},
      malicious = ${done.malicious}, counts = ${JSON.stringify(done.counts)}::jsonb, problem = null, problem_code = null, completed_at = clock_timestamp()
    where id = ${id}`
}

/** The newest scan, of those with the status when it is given. */
export async function latestScan(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  status?: ScanRow['status'],
): Promise<ScanRow | undefined> {
  const [row] = await scansBefore(database, { artifactId, manifestDigest }, { limit: 1, ...(status && { status }) })
  return row
}

const lastOfAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Newest first. */
export const scansBefore = (
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  { before = lastOfAll, limit, status }: { readonly before?: string; readonly limit: number; readonly status?: ScanRow['status'] },
): Promise<ScanRow[]> =>
  database.sql<ScanRow>`
    select id, cause, status, analysed_by as "analysedBy", scanners, database_version as "databaseVersion", security_score as "securityScore",
      risk_level as "riskLevel", malicious, counts, gaps, problem, problem_code as "problemCode", started_at as "startedAt", completed_at as "completedAt"
    from scans where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and id < ${before}::uuid
      and (${status ?? null}::text is null or status = ${status ?? null}::text)
    order by id desc limit ${limit}`

const maxHistory = 200

/** The newest scans of a manifest stay. */
export async function forgetOldScans(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<void> {
  await database.sql`delete from scans where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and id < (
    select id from scans where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} order by id desc offset ${maxHistory} limit 1)`
}

/**
 * Manifests whose last completed scan is older, the oldest first. What has none although somebody tried is looked at again after an hour, for a day: it
 * may be held, and its content may be what no analysis can read.
 */
export const subjectsDue = (
  database: Database,
  { hours, limit }: { readonly hours: number; readonly limit: number },
): Promise<ScanSubject[]> =>
  database.sql<ScanSubject>`
    select artifact_id as "artifactId", manifest_digest as "manifestDigest" from scan_subjects
    where scanned_at < now() - make_interval(hours => ${hours}::integer)
      or (scanned_at is null and created_at > now() - interval '1 day' and exists (select from scans c
        where c.artifact_id = scan_subjects.artifact_id and c.manifest_digest = scan_subjects.manifest_digest)
        and not exists (select from scans c where c.artifact_id = scan_subjects.artifact_id and c.manifest_digest = scan_subjects.manifest_digest
          and (c.status in ('pending', 'scanning') or c.started_at > now() - interval '1 hour')))
    order by coalesce(scanned_at, created_at), artifact_id, manifest_digest limit ${limit}`

/** Nobody scans what waits longer than that; who did it is gone. */
export async function failStale(database: Database, minutes: number): Promise<number> {
  const rows = await database.sql<{ id: string }>`
    update scans set status = 'failed', problem = 'the process that scanned it ended', problem_code = 'interrupted', completed_at = now()
    where status in ('pending', 'scanning') and started_at < now() - make_interval(mins => ${minutes}::integer) returning id`
  return rows.length
}

export async function noteGaps(database: Database, id: string, gaps: readonly string[]): Promise<void> {
  if (gaps.length > 0) await database.sql`update scans set gaps = ${JSON.stringify(gaps)}::jsonb where id = ${id}`
}
