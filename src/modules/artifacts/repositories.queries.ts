import type { Database } from '../../shared/kernel/database.ts'

export async function hasManifests(database: Database, artifactId: string): Promise<boolean> {
  return (await database.sql`select 1 from artifact_manifests where artifact_id = ${artifactId} limit 1`).length > 0
}

/** Whether a version that is not deleted has the manifest. */
export async function isVersion(database: Database, artifactId: string, digest: string): Promise<boolean> {
  const rows = await database.sql`
    select 1 from versions where artifact_id = ${artifactId} and manifest_digest = ${digest} and state <> 'deleted' limit 1`
  return rows.length > 0
}

/** Of a version that is not deleted, by its exact name. */
export async function versionDigest(database: Database, artifactId: string, version: string): Promise<string | undefined> {
  const [row] = await database.sql<{ digest: string }>`select manifest_digest as digest from versions
    where artifact_id = ${artifactId} and version = ${version.replaceAll('\0', '')} and state <> 'deleted'`
  return row?.digest
}
