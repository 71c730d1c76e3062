import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Sequencer } from '../../../src/modules/auth/audit-sequencer.ts'
import { type Database, Database as DatabaseToken } from '../../../src/shared/kernel/database.ts'
import { oci, openRepositories, sha512 } from './open-repositories.ts'
import { sha256, some } from './open-store.ts'

test('a blob stays while a manifest of the artifact has it, and goes from that artifact only', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, pushBlob, imageOf } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const layer = some(100)
  const image = await imageOf(ada, ref, [layer])
  const { digest } = await push(ada, ref, image, { tags: ['v1'] })
  await pushBlob(ada, oci('ada', 'other'), layer)
  await expect(repositories.deleteBlob(ada, ref, sha256(layer))).rejects.toMatchObject({ code: 'artifacts.blob_in_use', kind: 'conflict' })
  await repositories.deleteManifest(ada, ref, digest)
  await repositories.deleteBlob(ada, ref, sha256(layer))
  await expect(repositories.blob(ada, ref, sha256(layer))).rejects.toMatchObject({ code: 'artifacts.blob_unknown' })
  await expect(repositories.deleteBlob(ada, ref, sha256(layer))).rejects.toMatchObject({ code: 'artifacts.blob_unknown' })
  await expect(push(ada, ref, image)).rejects.toMatchObject({ code: 'artifacts.blob_unknown' })
  expect((await repositories.blob(ada, oci('ada', 'other'), sha256(layer))).sizeBytes).toBe(100)
})

test('a manifest goes with every tag that points to it, a tag goes alone, and both are gone at once', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, imageOf, sql, kernel } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const image = await imageOf(ada, ref, [some(10)])
  const first = await push(ada, ref, image, { tags: ['a', 'b', 'c'] })
  const second = await push(ada, ref, { ...image, annotations: { n: '2' } }, { tags: ['d'] })
  await repositories.deleteTag(ada, ref, 'b')
  expect(await repositories.tags(ada, ref, { limit: 10 })).toEqual(['a', 'c', 'd'])
  expect((await repositories.manifest(ada, ref, first.digest)).digest).toBe(first.digest)
  await expect(repositories.manifest(ada, ref, 'b')).rejects.toMatchObject({ code: 'artifacts.manifest_unknown' })
  await repositories.deleteManifest(ada, ref, first.digest)
  expect(await repositories.tags(ada, ref, { last: 'a', limit: 10 })).toEqual(['d'])
  for (const reference of ['a', 'c', first.digest])
    await expect(repositories.manifest(ada, ref, reference)).rejects.toMatchObject({ code: 'artifacts.manifest_unknown' })
  await expect(repositories.deleteManifest(ada, ref, first.digest)).rejects.toMatchObject({ code: 'artifacts.manifest_unknown' })
  await expect(repositories.deleteTag(ada, ref, 'a')).rejects.toMatchObject({ code: 'metadata.tag_not_found' })
  await repositories.deleteManifest(ada, ref, second.digest)
  const actions = await sql<{ action: string }>`select action from audit_log where action like 'manifest.%' order by id`
  expect(actions.map(({ action }) => action)).toEqual(['manifest.pushed', 'manifest.pushed', 'manifest.deleted', 'manifest.deleted'])
  await kernel.drainEffects()
  expect((await open.store.fsck()).errors).toEqual([])
})

test('whoever may only read pushes and deletes nothing, and what is private looks absent (D-13)', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, pushBlob, imageOf, setNamespace, anonymous } = open
  const [ada, bob] = [await person('ada'), await person('bob')]
  const ref = oci('ada', 'api')
  const image = await imageOf(ada, ref, [some(10)])
  const { digest } = await push(ada, ref, image, { tags: ['v1'] })
  const writes = (who: typeof bob, target: typeof ref) => [
    () => push(who, target, image, { tags: ['v2'] }),
    () => pushBlob(who, target, some(10)),
    () => repositories.deleteTag(who, target, 'v1'),
    () => repositories.deleteManifest(who, target, digest),
    () => repositories.deleteBlob(who, target, image.config.digest),
  ]
  const reads = (who: typeof bob, target: typeof ref) => [
    () => repositories.manifest(who, target, 'v1'),
    () => repositories.manifest(who, target, digest),
    () => repositories.blob(who, target, image.config.digest),
    () => repositories.tags(who, target, { limit: 1 }),
  ]
  for (const target of [ref, oci('ada', 'absent')]) {
    for (const call of [...reads(bob, target), ...writes(bob, target)])
      await expect(call()).rejects.toMatchObject({ code: 'metadata.artifact_not_found' })
    for (const call of [...reads(anonymous, target), ...writes(anonymous, target)])
      await expect(call()).rejects.toMatchObject({ kind: 'unauthenticated' })
  }
  await setNamespace('ada', { visibility: 'public' })
  for (const call of reads(anonymous, ref)) await call()
  for (const call of writes(bob, ref)) await expect(call()).rejects.toMatchObject({ kind: 'forbidden' })
})

test('a quota is exact however many blobs are pushed at once, through requests and sessions', async () => {
  await using open = await openRepositories()
  const { person, pushBlob, uploads, setNamespace, sql } = open
  const ada = await person('ada')
  await setNamespace('ada', { settings: { quotaBytes: 100_000 } })
  const viaSession = async (index: number) => {
    const bytes = some(9_000)
    const { id } = await uploads.open(ada, oci('ada', `s${index}`))
    return uploads.finish(ada, id, { digest: sha256(bytes), rest: { body: Readable.from([bytes]) } })
  }
  const pushes = Array.from({ length: 20 }, (_, index) =>
    index % 2 ? viaSession(index) : pushBlob(ada, oci('ada', 'shared'), some(9_000)),
  )
  const outcomes = await Promise.allSettled(pushes)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(11)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ code: expect.stringMatching(/^artifacts\.(quota_exceeded|too_large)$/) })
  const [used] = await sql<{
    bytes: number
  }>`select sum(size_bytes)::int as bytes from blobs where id in (select blob_id from artifact_blobs)`
  expect(used?.bytes).toBe(99_000)
  expect(await sql`select id from upload_sessions`).toEqual([])
  expect((await open.store.fsck()).errors).toEqual([])
})

test('a session ends in a blob of a new artifact, under either digest, and belongs to one repository', async () => {
  await using open = await openRepositories()
  const { repositories, person, uploads, sql } = open
  const ada = await person('ada')
  const bytes = some(5_000)
  const opened = await uploads.open(ada, oci('ada', 'team/api'))
  expect(opened).toMatchObject({ namespace: 'ada', name: 'team/api', format: 'oci', offset: 0 })
  await uploads.append(ada, opened.id, { body: Readable.from([bytes.subarray(0, 2_000)]), start: 0 })
  const rest = { body: Readable.from([bytes.subarray(2_000)]), start: 2_000 }
  expect(await uploads.finish(ada, opened.id, { digest: sha512(bytes), rest })).toMatchObject({ digest: sha512(bytes), sizeBytes: 5_000 })
  for (const digest of [sha512(bytes), sha256(bytes)])
    expect((await repositories.blob(ada, oci('ada', 'team/api'), digest)).sizeBytes).toBe(5_000)
  const whole = some(3_000)
  const second = await uploads.open(ada, oci('ada', 'next'))
  await uploads.finish(ada, second.id, { digest: sha512(whole), rest: { body: Readable.from([whole]) } })
  expect((await repositories.blob(ada, oci('ada', 'next'), sha256(whole))).sizeBytes).toBe(3_000)
  await expect(uploads.status(ada, second.id)).rejects.toMatchObject({ code: 'artifacts.upload_unknown' })
  const third = await uploads.open(ada, oci('ada', 'wrong'))
  const wrong = { digest: sha256('other'), rest: { body: Readable.from([whole]) } }
  await expect(uploads.finish(ada, third.id, wrong)).rejects.toMatchObject({ code: 'artifacts.digest_mismatch' })
  await expect(uploads.status(ada, third.id)).rejects.toMatchObject({ code: 'artifacts.upload_unknown' })
  expect(await sql`select id from upload_sessions`).toEqual([])
  expect(await sql`select name from artifacts order by name`).toEqual([{ name: 'next' }, { name: 'team/api' }])
})

test('a whole body that is cut stays in its session, and can be gone on with (D-11)', async () => {
  await using open = await openRepositories()
  const { person, uploads } = open
  const ada = await person('ada')
  const bytes = some(4_000)
  const { id } = await uploads.open(ada, oci('ada', 'api'))
  async function* cut() {
    yield bytes.subarray(0, 1_500)
    throw new Error('cut')
  }
  await expect(uploads.finish(ada, id, { digest: sha256(bytes), rest: { body: Readable.from(cut()) } })).rejects.toThrow('cut')
  const { offset } = await uploads.status(ada, id)
  expect(offset).toBe(1_500)
  const rest = { body: Readable.from([bytes.subarray(offset)]), start: offset }
  expect(await uploads.finish(ada, id, { digest: sha256(bytes), rest })).toMatchObject({ sizeBytes: 4_000 })
})

test('the same bytes pushed at once by many are stored once, and linked by all', async () => {
  await using open = await openRepositories()
  const { person, pushBlob, sql, store } = open
  const ada = await person('ada')
  const bytes = some(2_000)
  await Promise.all(Array.from({ length: 10 }, (_, index) => pushBlob(ada, oci('ada', `r${index % 5}`), bytes)))
  expect(await sql`select id from blobs`).toHaveLength(1)
  expect(await sql`select artifact_id from artifact_blobs`).toHaveLength(5)
  expect(await store.files()).toHaveLength(1)
})

test('bytes that arrive under two digests at once are found by both', async () => {
  await using open = await openRepositories()
  const { repositories, person, sql } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  for (let round = 0; round < 20; round += 1) {
    const bytes = some(50)
    const digests = [sha256(bytes), sha512(bytes)]
    await Promise.all(digests.map((digest) => repositories.pushBlob(ada, ref, { body: Readable.from([bytes]), digest, sizeBytes: 50 })))
    for (const digest of digests) expect((await repositories.blob(ada, ref, digest)).sizeBytes).toBe(50)
  }
  expect(await sql`select id from blobs`).toHaveLength(20)
})

test('warm pulls ask the database nothing, a push of a new blob asks twice, and one of two requests three times', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, pushBlob, imageOf, uploads, kernel } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const image = await imageOf(ada, ref, [some(10)])
  const { digest } = await push(ada, ref, { ...image, annotations: { large: 'x'.repeat(900_000) } }, { tags: ['v1'] })
  const pull = async () => {
    await repositories.manifest(ada, ref, 'v1')
    await repositories.manifest(ada, ref, digest)
    await repositories.blob(ada, ref, image.config.digest)
  }
  await kernel.drainEffects()
  await kernel.resolve(Sequencer).flush()
  await pull()
  const asked = recordStatements(kernel.resolve(DatabaseToken))
  expect(await asked(pull)).toEqual([])
  const [look, write] = [expect.stringContaining('update blobs b set touched_at'), expect.stringMatching(/select 1 from relaxed$/)]
  expect(await asked(() => pushBlob(ada, ref, some(100)))).toEqual([look, write])
  const bytes = some(100)
  const inTwo = async () => {
    const { id } = await uploads.open(ada, ref)
    await uploads.finish(ada, id, { digest: sha256(bytes), rest: { body: Readable.from([bytes]) } })
  }
  expect(await asked(inTwo)).toEqual([expect.stringContaining('insert into upload_sessions'), look, write])
})

test('whoever is told that an unused blob is there has time to use it: its link is renewed (D-8)', async () => {
  await using open = await openRepositories({ gcGraceSeconds: 3_600 })
  const { repositories, person, push, pushBlob, imageOf, sql, store } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const [used, unused] = [some(10), some(20)]
  const image = await imageOf(ada, ref, [used])
  await push(ada, ref, image)
  await pushBlob(ada, ref, unused)
  await sql`update artifact_blobs set linked_at = now() - interval '59 minutes'`
  for (const bytes of [used, unused]) await repositories.blob(ada, ref, sha256(bytes))
  const renewed = await sql<{ size: number }>`select b.size_bytes::int as size from artifact_blobs l join blobs b on b.id = l.blob_id
    where l.linked_at > now() - interval '1 minute'`
  expect(renewed).toEqual([{ size: 20 }])
  await sql`update blobs set touched_at = now() - interval '2 hours'`
  expect(await store.collect()).toMatchObject({ links: 0, blobs: 0 })
  await push(ada, ref, { ...image, layers: [{ ...image.layers[0], digest: sha256(unused), size: 20 }] })
})

test('deleting a manifest beside ten thousand tags takes less than 50 ms on a machine that is shared', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, imageOf, sql } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const image = await imageOf(ada, ref, [])
  const digests = []
  for (const mark of [0, 1, 2, 3, 4]) digests.push((await push(ada, ref, { ...image, mark }, { tags: [`v${mark}`, `w${mark}`] })).digest)
  const last = await push(ada, ref, { ...image, mark: 'last' })
  await sql`insert into tags (artifact_id, name, manifest_digest, change_id)
    select id, 'x' || n, ${last.digest}, gen_random_uuid() from artifacts, generate_series(1, 10000) n where name = 'api'`
  await sql`analyze tags`
  const times: number[] = []
  for (const digest of digests) {
    const began = performance.now()
    await repositories.deleteManifest(ada, ref, digest)
    times.push(performance.now() - began)
  }
  expect(Math.min(...times), `${times}`).toBeLessThan(50)
  expect(await sql`select name from tags where name ~ '^[vw]'`).toEqual([])
})

/** The first words of what services ask, which all goes through one object; background work of the kernel is left out. */
function recordStatements(database: Database): (work: () => Promise<unknown>) => Promise<string[]> {
  let found: string[] = []
  const { sql } = database
  Object.assign(database, {
    sql: (...args: Parameters<Database['sql']>) => {
      const text = args[0].join('?').replace(/\s+/g, ' ').trim()
      if (!/outbox|audit_log|effect|collections/.test(text)) found.push(text.slice(0, 120))
      return sql.apply(database, args)
    },
  })
  return async (work) => {
    found = []
    await work()
    return found
  }
}
