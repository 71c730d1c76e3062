import type { Database } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { ScanSubject } from './scan-subject.ts'
import type { VexDocument } from './vex/read-vex.ts'
import type { VexStatement } from './vex/statement.ts'

export interface StoredStatement extends VexStatement {
  readonly id: string
  readonly documentDigest: string
  readonly uploadedBy: string | null
  readonly uploadedAt: string
}

/** In the order in which they came. */
export const statementsOf = (
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  { after, limit }: { readonly after?: string; readonly limit: number },
): Promise<StoredStatement[]> =>
  database.sql<StoredStatement>`
    select id, vulnerability, purl, status, justification, author, stated_at as "statedAt", document_digest as "documentDigest",
      uploaded_by as "uploadedBy", uploaded_at as "uploadedAt"
    from vex_statements where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}
      and (${after ?? null}::uuid is null or id > ${after ?? null}::uuid)
    order by id limit ${limit}`

/** Those that came last, since the newest statement decides. */
export const lastStatements = (database: Database, { artifactId, manifestDigest }: ScanSubject, limit: number): Promise<VexStatement[]> =>
  database.sql<VexStatement>`
    select vulnerability, purl, status, justification, author, stated_at as "statedAt"
    from vex_statements where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} order by id desc limit ${limit}`

/** The same document again changes nothing; answers how many statements are new. */
export async function addStatements(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  { document, userId }: { readonly document: VexDocument; readonly userId: string | null },
): Promise<number> {
  const rows = document.statements.map((statement, place) => ({ ...statement, place, id: uuidv7() }))
  const added = await database.sql<{ id: string }>`
    insert into vex_statements (id, artifact_id, manifest_digest, document_digest, place, vulnerability, purl, status, justification, author,
      stated_at, uploaded_by)
    select id, ${artifactId}::uuid, ${manifestDigest}::text, ${document.digest}::text, place, vulnerability, purl, status, justification, author,
      "statedAt", ${userId}::uuid
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (id uuid, place integer, vulnerability text, purl text, status text,
      justification text, author text, "statedAt" timestamptz)
    on conflict (artifact_id, manifest_digest, document_digest, place) do nothing returning id`
  return added.length
}

export async function countStatements(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<number> {
  const [row] = await database.sql<{ count: number }>`
    select count(*) as count from vex_statements where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
  return row?.count ?? 0
}
