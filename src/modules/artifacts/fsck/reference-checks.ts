import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { ContentHash } from '../hashing.ts'
import type { Finding, FsckParts } from './finding.ts'

type Check = (parts: FsckParts) => Promise<Finding[]>

/** Each is one statement, so it sees one moment; publishes on their way do not look like faults. */
export const referenceChecks: readonly Check[] = [
  danglingReferences,
  unlinkedBlobs,
  foreignNamespaces,
  versionsWithoutManifest,
  tagsAstray,
  blobsWithoutDigest,
  garbageLeft,
]

const linksManifest = (digest: ReturnType<typeof sql>, artifact: ReturnType<typeof sql>) => sql`exists (
  select 1 from artifact_manifests l join manifests m on m.id = l.manifest_id
  where l.artifact_id = ${artifact} and m.algorithm = split_part(${digest}, ':', 1) and m.digest = split_part(${digest}, ':', 2))`

/** Foreign keys forbid these; a restored or hand-edited database may have them all the same. */
async function danglingReferences({ database }: FsckParts): Promise<Finding[]> {
  const references = [
    ['artifact_manifests', 'manifest_id', 'manifests'],
    ['artifact_blobs', 'blob_id', 'blobs'],
    ['manifest_blobs', 'blob_id', 'blobs'],
    ['manifest_children', 'child_id', 'manifests'],
    ['blob_digests', 'blob_id', 'blobs'],
  ] as const
  const found = await Promise.all(
    references.map(async ([table, column, target]) => {
      const [from, key, to] = [sql.table(table), sql.ref(column), sql.table(target)]
      const rows = await database.sql<{ id: string }>`
        select distinct r.${key} as id from ${from} r where not exists (select 1 from ${to} t where t.id = r.${key}) limit 1000`
      return rows.map(({ id }) => ({
        kind: 'reference-dangling',
        subject: `${table} ${id}`,
        detail: `refers to a row of ${target} that does not exist`,
        repair: () =>
          database.sql`delete from ${from} r where r.${key} = ${id} and not exists (select 1 from ${to} t where t.id = r.${key})`,
      }))
    }),
  )
  return found.flat()
}

async function unlinkedBlobs({ database }: FsckParts): Promise<Finding[]> {
  const rows = await database.sql<{ artifactId: string; blobId: string }>`
    select distinct a.artifact_id as "artifactId", e.blob_id as "blobId"
    from artifact_manifests a
    join manifest_blobs e on e.manifest_id = a.manifest_id
    join blobs b on b.id = e.blob_id
    where not exists (select 1 from artifact_blobs l where l.artifact_id = a.artifact_id and l.blob_id = e.blob_id) limit 1000`
  return rows.map(({ artifactId, blobId }) => ({
    kind: 'blob-unlinked',
    subject: `artifact ${artifactId} blob ${blobId}`,
    detail: 'a manifest of the artifact uses the blob, but the artifact does not link it, so it cannot be read',
    repair: () => database.sql`
      insert into artifact_blobs (artifact_id, blob_id, namespace_id)
      select a.id, ${blobId}::uuid, a.namespace_id from artifacts a where a.id = ${artifactId} on conflict do nothing`,
  }))
}

async function foreignNamespaces({ database }: FsckParts): Promise<Finding[]> {
  const rows = await database.sql<{ artifactId: string; blobs: number }>`
    select l.artifact_id as "artifactId", count(*) as blobs from artifact_blobs l join artifacts a on a.id = l.artifact_id
    where l.namespace_id <> a.namespace_id group by l.artifact_id limit 1000`
  return rows.map(({ artifactId, blobs }) => ({
    kind: 'link-namespace',
    subject: `artifact ${artifactId}`,
    detail: `${blobs} links count for the quota of another namespace`,
    repair: () => database.sql`
      update artifact_blobs l set namespace_id = a.namespace_id from artifacts a where a.id = l.artifact_id and l.artifact_id = ${artifactId}`,
  }))
}

async function versionsWithoutManifest({ database }: FsckParts): Promise<Finding[]> {
  const rows = await database.sql<{ id: string; version: string; artifactId: string; digest: string; manifestId: string | null }>`
    select v.id, v.version, v.artifact_id as "artifactId", v.manifest_digest as digest, m.id as "manifestId" from versions v
    left join manifests m on m.algorithm = split_part(v.manifest_digest, ':', 1) and m.digest = split_part(v.manifest_digest, ':', 2)
    where v.state <> 'deleted' and not ${linksManifest(sql`v.manifest_digest`, sql`v.artifact_id`)} limit 1000`
  return rows.map(({ version, artifactId, digest, manifestId }) => ({
    kind: 'version-without-manifest',
    subject: `artifact ${artifactId} version ${version}`,
    detail: `its manifest ${digest} is ${manifestId === null ? 'gone' : 'not linked'}`,
    ...(manifestId !== null && { repair: () => linkManifest(database, artifactId, manifestId) }),
  }))
}

const linkManifest = (database: Database, artifactId: string, manifestId: string) =>
  database.sql`insert into artifact_manifests (artifact_id, manifest_id) values (${artifactId}, ${manifestId}) on conflict do nothing`

async function tagsAstray({ database }: FsckParts): Promise<Finding[]> {
  const rows = await database.sql<{ artifactId: string; name: string; detail: string }>`
    select t.artifact_id as "artifactId", t.name, case
        when t.version_id is null then 'its manifest is not there'
        when v.id is null or v.artifact_id <> t.artifact_id then 'its version is not there'
        when v.state = 'deleted' then 'its version is deleted'
        else 'its version has another manifest' end as detail
    from tags t left join versions v on v.id = t.version_id
    where (t.version_id is null and not ${linksManifest(sql`t.manifest_digest`, sql`t.artifact_id`)})
      or (t.version_id is not null and (v.id is null or v.artifact_id <> t.artifact_id or v.state = 'deleted' or v.manifest_digest <> t.manifest_digest))
    limit 1000`
  return rows.map(({ artifactId, name, detail }) => ({ kind: 'tag-astray', subject: `artifact ${artifactId} tag ${name}`, detail }))
}

async function blobsWithoutDigest({ database, driver }: FsckParts): Promise<Finding[]> {
  const rows = await database.sql<{ id: string; storageKey: string }>`
    select b.id, b.storage_key as "storageKey" from blobs b
    where not exists (select 1 from blob_digests d where d.blob_id = b.id and d.algorithm = 'sha256') limit 1000`
  return rows.map(({ id, storageKey }) => ({
    kind: 'blob-without-digest',
    subject: `blob ${id}`,
    detail: 'it has no sha256, so nothing can ask for it',
    repair: async () => {
      const hash = new ContentHash()
      for await (const chunk of (await driver.read(storageKey)) as AsyncIterable<Buffer>) hash.update(chunk)
      await database.sql`
        insert into blob_digests (algorithm, digest, blob_id) values ('sha256', ${hash.digests().get('sha256') ?? ''}, ${id}) on conflict do nothing`
    },
  }))
}

async function garbageLeft({ database, driver, orphanSeconds }: FsckParts): Promise<Finding[]> {
  const rows = await database.sql<{ storageKey: string }>`
    select storage_key as "storageKey" from garbage where claimed_at < now() - make_interval(secs => ${orphanSeconds}) limit 1000`
  return rows.map(({ storageKey }) => ({
    kind: 'garbage-left',
    subject: `copy ${storageKey}`,
    detail: 'it was claimed for removal and never removed',
    repair: async () => {
      await driver.remove(storageKey)
      await database.sql`delete from garbage where storage_key = ${storageKey}`
    },
  }))
}
