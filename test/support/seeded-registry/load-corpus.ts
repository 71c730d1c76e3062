import { createHash } from 'node:crypto'
import type { Database } from '../../../src/shared/kernel/database.ts'
import { foldName } from '../../../src/shared/types/artifact-name.ts'
import { parseVersion } from '../../../src/shared/types/version.ts'
import { versionSortKey } from '../../../src/shared/types/version-sort-key.ts'
import type { Corpus } from './corpus.ts'
import { type CorpusArtifact, type CorpusVersion, isShown } from './corpus-artifact.ts'

const batchSize = 1_000

/**
 * Writes the rows of the catalog that publishing all of it would have left, but for manifests and bytes. Documents of the search are not among
 * them: `Search.rebuild` makes those.
 */
export async function loadCorpus(database: Database, corpus: Corpus, onProgress: (done: number) => void = () => {}): Promise<void> {
  await loadPeople(database, corpus)
  let batch: CorpusArtifact[] = []
  let done = 0
  const write = async () => {
    await loadArtifacts(database, batch)
    done += batch.length
    batch = []
    onProgress(done)
  }
  for (const artifact of corpus.artifacts()) {
    batch.push(artifact)
    if (batch.length === batchSize) await write()
  }
  await write()
  await database.sql`analyze`
}

async function loadPeople({ sql }: Database, { accounts, members, namespaces }: Corpus): Promise<void> {
  const folded = accounts.map((account) => ({ ...account, fold: `${foldName(account.name)}${account.id.slice(-8)}` }))
  await sql`insert into accounts (id, name, name_fold, kind, display_name)
    select id, name, fold, kind, name from jsonb_to_recordset(${JSON.stringify(folded)}::jsonb) as a (id uuid, name text, fold text, kind text)`
  await sql`insert into users (id) select id from accounts where kind = 'user' on conflict do nothing`
  await sql`insert into account_members (account_id, user_id, role)
    select "accountId", "userId", role from jsonb_to_recordset(${JSON.stringify(members)}::jsonb) as m ("accountId" uuid, "userId" uuid, role text)`
  const owned = namespaces.filter(({ accountId }) => accountId !== null)
  await sql`insert into namespaces (id, name, folded, account_id, visibility)
    select id, name, name || id, "accountId", visibility
    from jsonb_to_recordset(${JSON.stringify(owned)}::jsonb) as n (id uuid, name text, "accountId" uuid, visibility text)`
}

async function loadArtifacts({ sql }: Database, artifacts: readonly CorpusArtifact[]): Promise<void> {
  await sql`insert into artifacts (id, namespace_id, name, folded, format, type, visibility, stars, downloads, state, labels, created_at, updated_at,
      has_manifests, type_settled, rev)
    select id, "namespaceId", name, folded, format, type, visibility, stars, downloads, state, labels, "createdAt", "updatedAt", true, true, 1
    from jsonb_to_recordset(${JSON.stringify(artifacts.map(artifactRow))}::jsonb) as a (id uuid, "namespaceId" uuid, name text, folded text,
      format text, type text, visibility text, stars bigint, downloads bigint, state text, labels jsonb, "createdAt" timestamptz, "updatedAt" timestamptz)`
  await sql`insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata, published_by, published_at)
    select id, "artifactId", version, "sortKey", prerelease, state, digest, 1000, metadata, "publishedBy", "publishedAt"
    from jsonb_to_recordset(${JSON.stringify(artifacts.flatMap(versionRows))}::jsonb) as v (id uuid, "artifactId" uuid, version text, "sortKey" text,
      prerelease boolean, state text, digest text, metadata jsonb, "publishedBy" uuid, "publishedAt" timestamptz)`
  await sql`insert into tags (artifact_id, name, version_id, manifest_digest, change_id)
    select "artifactId", name, "versionId", digest, gen_random_uuid()
    from jsonb_to_recordset(${JSON.stringify(artifacts.flatMap(tagRows))}::jsonb) as t ("artifactId" uuid, name text, "versionId" uuid, digest text)`
  await sql`insert into grants (id, artifact_id, user_id, role) select gen_random_uuid(), "artifactId", "userId", role
    from jsonb_to_recordset(${JSON.stringify(artifacts.flatMap(grantRows))}::jsonb) as g ("artifactId" uuid, "userId" uuid, role text)`
}

/** In a namespace without an owner an artifact belongs to whoever created it. */
function grantRows({ id, grantedTo, namespace, publishedBy }: CorpusArtifact) {
  const owned = namespace.accountId === null ? [{ artifactId: id, userId: publishedBy, role: 'owner' }] : []
  const granted = grantedTo !== null && grantedTo !== publishedBy ? [{ artifactId: id, userId: grantedTo, role: 'read' }] : []
  return [...owned, ...granted]
}

function artifactRow({ namespace, createdAt, versions, description, isDeleted, ...artifact }: CorpusArtifact) {
  const { id, name, format, type, visibility, stars, downloads } = artifact
  return {
    ...{ id, name, format, type, visibility, stars, downloads, namespaceId: namespace.id, folded: foldName(name) },
    state: isDeleted ? 'deleted' : 'active',
    labels: format === 'oci' ? { 'org.opencontainers.image.description': description } : {},
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(versions.at(-1)?.publishedAt ?? createdAt).toISOString(),
  }
}

function versionRows({ namespace, versions, ...artifact }: CorpusArtifact) {
  const { id: artifactId, name, type, description, keywords, capabilities, language, license, gatiVersion, publishedBy } = artifact
  return versions.map(({ id, version, state, publishedAt }) => {
    const parsed = parseVersion(version)
    if (!parsed) throw new Error(`${version} is no version`)
    return {
      ...{ id, artifactId, version, state, publishedBy, digest: digestOf(id) },
      ...{ sortKey: versionSortKey(parsed), prerelease: parsed.prerelease.length > 0 },
      publishedAt: new Date(publishedAt).toISOString(),
      metadata: {
        ...{ name: namespace.name === 'library' ? name : `@${namespace.name}/${name}`, version, type, description, keywords },
        ...(capabilities.length > 0 && { capabilities }),
        ...(language !== null && { language }),
        ...(license !== null && { license }),
        ...(gatiVersion !== null && { gatiVersion }),
      },
    }
  })
}

interface TagRow {
  readonly artifactId: string
  readonly name: string
  readonly versionId: string | null
  readonly digest: string
}

function tagRows({ id, format, versions }: CorpusArtifact): TagRow[] {
  if (versions.length === 0) return [{ artifactId: id, name: 'main', versionId: null, digest: digestOf(id) }]
  const shown = versions.filter(isShown)
  const latest: CorpusVersion | undefined = shown.findLast(({ version }) => !version.includes('-')) ?? shown.at(-1)
  return latest && format !== 'oci' ? [{ artifactId: id, name: 'latest', versionId: latest.id, digest: digestOf(latest.id) }] : []
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const digestOf = (id: string): string => `sha256:${sha256(id)}`
