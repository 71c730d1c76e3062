import type { Database } from '../../shared/kernel/database.ts'
import type { ScanSubject } from './scan-subject.ts'

/** Whether somebody answers for what its scans object to. */
export async function isApproved(database: Database, { artifactId, manifestDigest }: ScanSubject): Promise<boolean> {
  const rows = await database.sql<{ one: number }>`
    select 1 as one from scan_approvals where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
  return rows.length > 0
}

/** The last one counts. */
export async function addApproval(
  database: Database,
  { artifactId, manifestDigest }: ScanSubject,
  { userId, reason }: { readonly userId: string | null; readonly reason: string },
): Promise<void> {
  await database.sql`
    insert into scan_approvals (artifact_id, manifest_digest, approved_by, reason) values (${artifactId}, ${manifestDigest}, ${userId}, ${reason})
    on conflict (artifact_id, manifest_digest) do update
      set approved_by = excluded.approved_by, reason = excluded.reason, approved_at = now()`
}
