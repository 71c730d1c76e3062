import type { Database } from '../../shared/kernel/database.ts'
import type { PackageDescription } from './contract.ts'
import type { Fragments } from './fragments.ts'

interface VersionId {
  readonly id: string
  readonly artifactId: string
}

/** Idempotent. */
export async function insertDescription(
  database: Database,
  { id, artifactId }: VersionId,
  { fragments, description }: { readonly fragments: Fragments; readonly description: PackageDescription },
): Promise<void> {
  const { full, abbreviated, about } = fragments
  const { tarballDigest, dist } = description
  await database.sql`insert into package_versions (version_id, artifact_id, fragment, abbreviated, about, tarball_digest, integrity, shasum)
    values (${id}, ${artifactId}, ${full}, ${abbreviated}, ${about}, ${tarballDigest}, ${dist.integrity}, ${dist.shasum})
    on conflict do nothing`
}

/** A version that is no package of npm. Idempotent. */
export async function insertUnreadable(database: Database, { id, artifactId }: VersionId, reason: string): Promise<void> {
  await database.sql`insert into package_versions (version_id, artifact_id, unreadable)
    values (${id}, ${artifactId}, ${reason.replaceAll('\0', '').slice(0, 1_000)}) on conflict do nothing`
}

/** `undefined`: nobody has looked at the version; a null digest: it is no package. */
export async function readTarballDigest(database: Database, versionId: string): Promise<{ readonly digest: string | null } | undefined> {
  const [row] = await database.sql<{ digest: string | null }>`
    select tarball_digest as digest from package_versions where version_id = ${versionId}`
  return row
}
