import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { AnalysisReport, Component, Finding } from './analysis.contract.ts'
import type { ScanSubject } from './scan-subject.ts'

export interface ScannedContent {
  readonly key: string
  readonly digest: string
  readonly origin: 'analysis' | 'attached'
  readonly analysedBy: string
  readonly report: AnalysisReport
}

/** More would hold up whoever else wants the loop. */
const rowsAtOnce = 1_000

/** Within a transaction: in the place of what an older analysis found. */
export async function writeContent(database: Database, { key, digest, origin, analysedBy, report }: ScannedContent): Promise<void> {
  const components = report.components.map(({ source, ...component }, place) => ({
    ...{ ...component, place, sourceName: source?.name ?? null, sourceVersion: source?.version ?? null },
  }))
  const slices = Array.from({ length: Math.ceil(components.length / rowsAtOnce) }, (_, at) =>
    JSON.stringify(components.slice(at * rowsAtOnce, (at + 1) * rowsAtOnce)),
  )
  const findings = JSON.stringify(report.findings.map((finding, place) => ({ ...finding, place })))
  // What is new, as most of what is published, is one statement with the packages of a usual one.
  const [row] = await database.sql<{ id: string; known: boolean }>`
    with content as (
      insert into scan_contents (id, key, digest, origin, analysed_by, verdict, confidence, gaps, notes, files_seen, bytes_seen)
      values (${uuidv7()}, ${key}, ${digest}, ${origin}, ${analysedBy}, ${report.verdict.level}, ${report.verdict.confidence},
        ${[...report.gaps]}::text[], ${[...report.notes]}::text[], ${report.filesSeen}, ${report.bytesSeen})
      on conflict (key) do update set analysed_by = excluded.analysed_by,
        verdict = excluded.verdict, confidence = excluded.confidence, gaps = excluded.gaps, notes = excluded.notes,
        files_seen = excluded.files_seen, bytes_seen = excluded.bytes_seen, analysed_at = now()
        where scan_contents.origin = excluded.origin
      returning id, xmax <> 0 as known
    ), fresh as (select id from content where not known),
    components as (${insertComponents(sql`fresh`, slices[0] ?? '[]')}), findings as (${insertFindings(sql`fresh`, findings)})
    select id, known from content`
  if (!row) return
  const content = sql`(select ${row.id}::uuid as id) content`
  if (row.known) {
    await database.sql`delete from scan_components where content_id = ${row.id}`
    await database.sql`delete from scan_findings where content_id = ${row.id}`
    if (report.findings.length > 0) await database.sql`${insertFindings(content, findings)}`
  }
  for (const rows of slices.slice(row.known ? 0 : 1)) await database.sql`${insertComponents(content, rows)}`
}

const insertComponents = (content: RawBuilder<unknown>, rows: string) => sql`
  insert into scan_components (content_id, place, ecosystem, name, version, purl, path, licenses, source_name, source_version)
  select content_row.id, place, ecosystem, name, version, purl, path, licenses, "sourceName", "sourceVersion"
  from (select id from ${content}) content_row, jsonb_to_recordset(${rows}::jsonb) as c (place integer, ecosystem text, name text, version text,
    purl text, path text, licenses text[], "sourceName" text, "sourceVersion" text)`

const insertFindings = (content: RawBuilder<unknown>, rows: string) => sql`
  insert into scan_findings (content_id, place, rule, category, severity, confidence, path, line, message)
  select content_row.id, place, rule, category, severity, confidence, path, line, message
  from (select id from ${content}) content_row, jsonb_to_recordset(${rows}::jsonb) as f (place integer, rule text, category text, severity text,
    confidence real, path text, line integer, message text)`

/** A platform of an image, or the manifest itself. */
export interface SubjectContent {
  readonly key: string
  readonly platform: string | null
}

/** What an index or image stands for, in the place of what it stood for before; attached documents stay. */
export async function linkContents(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  contents: readonly SubjectContent[],
): Promise<void> {
  await database.sql`
    with stale as (
      delete from scan_subject_contents where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and role = 'content'
        and not (content_key = any(${contents.map(({ key }) => key)}::text[]))
    )
    insert into scan_subject_contents (artifact_id, manifest_digest, content_key, platform, role)
    select ${artifactId}::uuid, ${manifestDigest}::text, key, platform, 'content'
    from jsonb_to_recordset(${JSON.stringify(contents)}::jsonb) as c (key text, platform text)
    on conflict (artifact_id, manifest_digest, content_key) do update set platform = excluded.platform`
}

export async function linkAttached(database: Database, { artifactId, manifestDigest }: ScanSubject, key: string): Promise<void> {
  await database.sql`
    insert into scan_subject_contents (artifact_id, manifest_digest, content_key, platform, role)
    values (${artifactId}, ${manifestDigest}, ${key}, null, 'attached')
    on conflict (artifact_id, manifest_digest, content_key) do nothing`
}

const sweptAtOnce = 1_000

/** Forgets what no subject has any more. What was written a moment ago may be about to be linked. */
export async function dropUnlinked(database: Database): Promise<number> {
  const rows = await database.sql<{ id: string }>`
    delete from scan_contents where id in (
      select id from scan_contents o where analysed_at < now() - interval '1 day'
        and not exists (select from scan_subject_contents s where s.content_key = o.key) order by analysed_at limit ${sweptAtOnce})
    returning id`
  return rows.length
}

export interface StoredComponent extends Component {
  readonly platform: string | null
  readonly origin: 'analysis' | 'attached'
}

const maxStored = 200_000

/** Every package of every platform, each once. */
export async function componentsOf(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<StoredComponent[]> {
  const rows = await database.sql<Omit<StoredComponent, 'source'> & { sourceName: string | null; sourceVersion: string | null }>`
    select distinct on (c.purl, c.ecosystem) c.purl, c.ecosystem, c.name, c.version, c.path, c.licenses, c.source_name as "sourceName",
      c.source_version as "sourceVersion", s.platform, o.origin
    from scan_subject_contents s join scan_contents o on o.key = s.content_key join scan_components c on c.content_id = o.id
    where s.artifact_id = ${artifactId} and s.manifest_digest = ${manifestDigest}
    order by c.purl, c.ecosystem, o.origin, c.path limit ${maxStored}`
  return rows.map(({ sourceName, sourceVersion, ...component }) => ({
    ...component,
    ...(sourceName !== null && sourceVersion !== null && { source: { name: sourceName, version: sourceVersion } }),
  }))
}

export interface StoredFinding extends Omit<Finding, 'line'> {
  readonly line: number | null
  readonly contentDigest: string
}

export const findingsOf = (database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<StoredFinding[]> =>
  database.sql<StoredFinding>`
    select f.rule, f.category, f.severity, f.confidence, f.path, f.line, f.message, o.digest as "contentDigest"
    from scan_subject_contents s join scan_contents o on o.key = s.content_key join scan_findings f on f.content_id = o.id
    where s.artifact_id = ${artifactId} and s.manifest_digest = ${manifestDigest}
    order by f.confidence desc, f.rule, f.path, f.place limit 10000`

/** What was not looked at and what else was left out, of all platforms. */
export async function gapsOf(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<string[]> {
  const rows = await database.sql<{ gap: string }>`
    select distinct unnest(o.gaps || o.notes) as gap from scan_subject_contents s join scan_contents o on o.key = s.content_key
    where s.artifact_id = ${artifactId} and s.manifest_digest = ${manifestDigest} order by gap limit 1000`
  return rows.map(({ gap }) => gap)
}

export interface ContentVerdict {
  readonly digest: string
  readonly level: 'clean' | 'suspicious' | 'malicious'
  readonly gaps: readonly string[]
  readonly hasEncrypted: boolean
}

/** What the static rules say of each platform. */
export const contentsOf = (database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<ContentVerdict[]> =>
  database.sql<ContentVerdict>`
    select o.digest, o.verdict as level, o.gaps,
      exists (select from scan_findings f where f.content_id = o.id and f.rule = 'archive/encrypted') as "hasEncrypted"
    from scan_subject_contents s join scan_contents o on o.key = s.content_key
    where s.artifact_id = ${artifactId} and s.manifest_digest = ${manifestDigest} and s.role = 'content'`

/** Whether the content itself was unpacked, all of it: what is attached to a manifest says nothing of what lies in it. */
export async function isUnpacked(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<boolean> {
  const [row] = await database.sql<{ unpacked: boolean | null }>`
    select bool_and(o.origin is not distinct from 'analysis') as unpacked from scan_subject_contents s left join scan_contents o on o.key = s.content_key
    where s.artifact_id = ${artifactId} and s.manifest_digest = ${manifestDigest} and s.role = 'content'`
  return row?.unpacked === true
}

export async function countComponents(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<number> {
  const [row] = await database.sql<{ count: number }>`
    select count(distinct (c.purl, c.ecosystem)) as count
    from scan_subject_contents s join scan_contents o on o.key = s.content_key join scan_components c on c.content_id = o.id
    where s.artifact_id = ${artifactId} and s.manifest_digest = ${manifestDigest}`
  return row?.count ?? 0
}
