import type { Database } from '../../shared/kernel/database.ts'
import type { ScanSubject } from './scan-subject.ts'

/**
 * Images that somebody pushed by digest alone, in the order of artifact and digest: no name was scanned in their place, and none of the indexes that
 * are here has them. A client that pushes the platforms before the index, or the name last, is given some minutes for it.
 */
export const namelessUnscanned = (
  database: Database,
  { after, limit }: { readonly after: ScanSubject | undefined; readonly limit: number },
): Promise<ScanSubject[]> =>
  database.sql<ScanSubject>`
    select p.artifact_id as "artifactId", p.digest as "manifestDigest" from (
      select l.artifact_id, l.manifest_id, m.algorithm || ':' || m.digest collate "C" as digest
      from manifests m join artifact_manifests l on l.manifest_id = m.id join artifacts a on a.id = l.artifact_id
      where a.format = 'oci' and m.touched_at between now() - interval '6 hours' and now() - interval '2 minutes') p
    where (p.artifact_id, p.digest) > (${after?.artifactId ?? '00000000-0000-0000-0000-000000000000'}::uuid, ${after?.manifestDigest ?? ''}::text)
      and not exists (select from scans s where s.artifact_id = p.artifact_id and s.manifest_digest = p.digest)
      and not exists (select from manifest_children c join artifact_manifests i on i.manifest_id = c.manifest_id and i.artifact_id = p.artifact_id
        where c.child_id = p.manifest_id)
      and not exists (select from versions v where v.artifact_id = p.artifact_id and v.manifest_digest = p.digest)
      and not exists (select from tags t where t.artifact_id = p.artifact_id and t.manifest_digest = p.digest)
      and not exists (select from held_publications h where h.artifact_id = p.artifact_id and h.manifest_digest = p.digest)
    order by p.artifact_id, p.digest limit ${limit}`
