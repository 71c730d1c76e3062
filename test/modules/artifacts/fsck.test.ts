import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { openStore, type Store, sha256, some } from './open-store.ts'

interface Planted {
  readonly store: Store
  readonly path: string
  readonly key: string
  readonly blobId: string
  readonly plant: (statement: string, values?: readonly unknown[]) => Promise<unknown>
  readonly age: (path: string) => Promise<void>
}

const bytes = some(5_000)
const digest = sha256(bytes)
const hex = digest.slice('sha256:'.length)

interface Fault {
  readonly kind: string
  readonly title: string
  readonly plant: (planted: Planted) => Promise<unknown>
  /** What `--repair` leaves to be found by the next check; default nothing. */
  readonly left?: readonly string[]
}

const copyPath = ({ store }: Planted, key: string) => join(store.blobsDir, 'copies', key.slice(0, 2), key)

const faults: readonly Fault[] = [
  { kind: 'blob-missing', title: 'a copy that is gone', plant: ({ path }) => rm(path), left: ['blob-missing'] },
  { kind: 'blob-length', title: 'a copy that is cut', plant: ({ path }) => truncate(path, 100), left: ['blob-missing'] },
  {
    kind: 'blob-bytes',
    title: 'a copy with one bit turned',
    plant: async ({ path }) => {
      const content = await readFile(path)
      content.writeUInt8(content.readUInt8(77) ^ 1, 77)
      await writeFile(path, content)
    },
    left: ['blob-missing'],
  },
  {
    kind: 'digest-of-other-blob',
    title: 'two digests that changed places',
    plant: ({ plant }) =>
      plant(`update blob_digests d set blob_id = (select o.blob_id from blob_digests o where o.digest <> d.digest limit 1)`),
    // The first was set right at the cost of the second, which the next repair gives its own digest.
    left: ['manifest-blob-unknown', 'blob-without-digest'],
  },
  {
    kind: 'orphan-copy',
    title: 'a copy without a row',
    plant: async (planted) => {
      const path = copyPath(planted, randomUUID())
      await writeFile(path, 'orphan')
      await planted.age(path)
    },
  },
  {
    kind: 'orphan-upload',
    title: 'an upload without a session',
    plant: async ({ store, age }) => {
      const path = join(store.blobsDir, 'uploads', randomUUID())
      await writeFile(path, 'orphan')
      await age(path)
    },
  },
  {
    kind: 'manifest-bytes',
    title: 'a manifest with other bytes than its digest',
    plant: ({ plant }) => plant(`update manifests set content = content || ' '::bytea`),
    left: ['manifest-bytes'],
  },
  {
    kind: 'manifest-blob-unknown',
    title: 'a manifest that lists a blob without a row',
    plant: ({ plant, blobId }) =>
      plant('delete from blob_digests where blob_id = $1', [blobId]).then(() =>
        plant('delete from manifest_blobs where blob_id = $1', [blobId]),
      ),
    left: ['manifest-edge-missing'],
  },
  {
    kind: 'manifest-edge-missing',
    title: 'a missing edge from a manifest to a blob',
    plant: ({ plant, blobId }) => plant('delete from manifest_blobs where blob_id = $1', [blobId]),
  },
  {
    kind: 'blob-unlinked',
    title: 'a blob of a manifest that the artifact does not link',
    plant: ({ plant, blobId }) => plant('delete from artifact_blobs where blob_id = $1', [blobId]),
  },
  {
    kind: 'reference-dangling',
    title: 'a link to a manifest that does not exist',
    plant: ({ plant }) =>
      plant('insert into artifact_manifests (artifact_id, manifest_id) select id, $1::uuid from artifacts', [randomUUID()]),
  },
  {
    kind: 'version-without-manifest',
    title: 'a version whose manifest is gone',
    plant: ({ plant }) => plant('delete from artifact_manifests').then(() => plant('delete from manifests')),
    left: ['version-without-manifest'],
  },
  {
    kind: 'version-without-manifest',
    title: 'a version whose manifest is not linked',
    plant: ({ plant }) => plant('delete from artifact_manifests'),
  },
  {
    kind: 'tag-astray',
    title: 'a tag of a deleted version',
    plant: ({ plant }) => plant(`update versions set state = 'deleted'`),
    left: ['tag-astray'],
  },
  {
    kind: 'tag-astray',
    title: 'a tag of a version that does not exist',
    plant: ({ plant }) => plant('update tags set version_id = $1', [randomUUID()]),
    left: ['tag-astray'],
  },
  {
    kind: 'blob-without-digest',
    title: 'a blob that nothing can ask for',
    plant: ({ plant, blobId }) => plant('delete from blob_digests where blob_id = $1', [blobId]),
  },
  {
    kind: 'garbage-left',
    title: 'a copy that was claimed for removal and never removed',
    plant: async (planted) => {
      const key = randomUUID()
      await writeFile(copyPath(planted, key), 'garbage')
      await planted.plant(`insert into garbage (storage_key, claimed_at) values ($1, now() - interval '1 day')`, [key])
    },
  },
  {
    kind: 'link-namespace',
    title: 'a link that counts for the quota of another namespace',
    plant: ({ plant }) => plant(`update artifact_blobs set namespace_id = (select id from namespaces where name = 'library')`),
  },
]

async function openPlanted(store: Store): Promise<Planted & { close(): Promise<void> }> {
  await store.user('ada')
  const published = await store.publish('ada', 'ada/widget/1.0.0', bytes)
  if (published.statusCode !== 201) throw new Error(published.body)
  const [row] = await store.sql<{ key: string; blobId: string }>`
    select b.storage_key as key, b.id as "blobId" from blobs b join blob_digests d on d.blob_id = b.id where d.digest = ${hex}`
  if (!row) throw new Error('the blob has no row')
  const client = new pg.Client({ connectionString: store.kernel.home.databaseUrl })
  client.on('error', () => undefined)
  await client.connect()
  // Without foreign keys, as after a bad restore.
  await client.query('set session_replication_role = replica')
  return {
    ...{ store, ...row },
    path: join(store.blobsDir, 'copies', row.key.slice(0, 2), row.key),
    plant: (statement, values = []) => client.query(statement, [...values]),
    age: (path) => utimes(path, new Date(0), new Date(0)),
    close: () => client.end(),
  }
}

test('a sound store has no errors, and says what was checked', async () => {
  await using store = await openStore()
  const planted = await openPlanted(store)
  await planted.close()
  expect(await store.fsck()).toEqual({ errors: [], checked: { blobs: 2, bytes: 5_002, manifests: 1, versions: 1 } })
  expect((await store.fsck({ bytes: false })).checked).toEqual({ blobs: 2, bytes: 0, manifests: 1, versions: 1 })
})

describe('each planted fault is found, and repaired as far as it can be (D-10)', () => {
  for (const { kind, title, plant, left = [] } of faults)
    test(`${kind}: ${title}`, async () => {
      await using store = await openStore()
      const planted = await openPlanted(store)
      await plant(planted)
      const found = await store.fsck()
      expect(found.errors.map((error) => error.kind)).toContain(kind)
      expect(found.errors.every(({ repaired }) => !repaired)).toBe(true)
      const repaired = await store.fsck({ repair: true })
      expect(repaired.errors.map((error) => error.kind)).toContain(kind)
      for (const error of repaired.errors) expect(error.repaired).toBe(error.repairable)
      const after = await store.fsck()
      expect([...new Set(after.errors.map((error) => error.kind))]).toEqual(left)
      await planted.close()
    })
})

test('a damaged copy is not served (D-3) but put aside, and the next publish of the same bytes heals it', async () => {
  await using store = await openStore()
  const planted = await openPlanted(store)
  await truncate(planted.path, 100)
  const unreadable = async () => {
    const answer = await store.request('GET', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada' })
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'artifacts.blob_missing'])
  }
  await unreadable()
  await store.fsck({ repair: true })
  expect(await readdir(join(store.blobsDir, 'quarantine'))).toEqual([planted.key])
  await unreadable()
  expect((await store.publish('ada', 'ada/widget/1.0.1', bytes)).statusCode).toBe(201)
  for (const version of ['1.0.0', '1.0.1'])
    expect((await store.request('GET', `/v1/artifacts/ada/widget/${version}`, { as: 'ada' })).rawPayload.equals(bytes)).toBe(true)
  expect((await store.fsck()).errors).toEqual([])
  await planted.close()
})

test('swapped digests are set right by repairing until nothing is left', async () => {
  await using store = await openStore()
  const planted = await openPlanted(store)
  await planted.plant('update blob_digests d set blob_id = (select o.blob_id from blob_digests o where o.digest <> d.digest limit 1)')
  for (let round = 0; round < 3; round += 1) await store.fsck({ repair: true })
  expect((await store.fsck()).errors).toEqual([])
  const [row] = await store.sql<{ id: string }>`select blob_id as id from blob_digests where digest = ${hex}`
  expect(row?.id).toBe(planted.blobId)
  await planted.close()
})

test('no errors are reported while versions are being published, deleted and collected', async () => {
  await using store = await openStore({ settings: { gcGraceSeconds: 1, gcIntervalSeconds: 0.1 } })
  await store.user('ada')
  const until = Date.now() + 6_000
  const publisher = async (who: number) => {
    for (let round = 0; Date.now() < until; round += 1) {
      await store.publish('ada', `ada/widget-${who}/1.${round}.0`, some(2_000))
      if (round % 2 === 0) await store.request('DELETE', `/v1/artifacts/ada/widget-${who}/1.${round}.0`, { as: 'ada' })
    }
  }
  const errors: unknown[] = []
  const checker = async () => {
    while (Date.now() < until) errors.push(...(await store.fsck()).errors)
  }
  await Promise.all([publisher(0), publisher(1), publisher(2), checker()])
  expect(errors).toEqual([])
}, 60_000)

test('what a repair did is in the audit log, whoever started it', async () => {
  await using store = await openStore()
  await store.user('ada')
  await store.publish('ada', 'ada/widget/1.0.0', some(1_000))
  const [largest] = (await store.files()).sort((a, b) => b.sizeBytes - a.sizeBytes)
  await writeFile(join(store.blobsDir, largest?.path ?? ''), some(1_000))
  const { errors } = await store.fsck({ repair: true })
  const repaired = errors.filter((error) => error.repaired).map(({ kind, subject }) => ({ subject, after: { kind } }))
  expect(repaired.length).toBeGreaterThan(0)
  expect(await store.sql`select subject, after from audit_log where action = 'store.repaired'`).toEqual(repaired)
})
