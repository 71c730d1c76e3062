import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestHome, type TestHome } from '../../../../src/shared/testing/start-test-kernel.ts'
import { leafHash } from '../../../../src/shared/transparency/merkle.ts'
import { digest } from '../../metadata/open-registry.ts'
import { openLog, type TestLog } from './open-log.ts'
import { rootOf, tilesOf } from './read-tiles.ts'

let home: TestHome
let one: TestLog
let two: TestLog
let ann: Awaited<ReturnType<TestLog['user']>>
beforeAll(async () => {
  home = await createTestHome()
  one = await openLog({ home })
  two = await openLog({ home })
  ann = await one.user('ann')
})
afterAll(async () => {
  await one?.[Symbol.asyncDispose]()
  await two?.[Symbol.asyncDispose]()
  await home?.[Symbol.asyncDispose]()
})

/** Tiles, entries and checkpoint tell one story, in which every fact of the tables is told once. */
async function expectWhole(log: TestLog): Promise<void> {
  const { size, root } = await log.checkpoint()
  const leaves = await tilesOf(log.get, size)
  expect(rootOf(leaves.map(({ entry }) => leafHash(entry)))).toEqual(root)
  const entries = await log.entries()
  expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: size }, (_, index) => index))
  const missing = await log.sql`
    select v.id from versions v where not exists (select 1 from log_entries e where e.kind = 'version' and e.source_id = v.id)
    union all select h.id from tag_history h where not exists (select 1 from log_entries e where e.kind = 'tag' and e.source_id = h.id)`
  expect(missing).toEqual([])
}

test('D-29: two processes that publish and append at once make one log', async () => {
  const publishing = [one, two].flatMap((log, at) =>
    Array.from({ length: 12 }, (_, number) => log.publish(ann, `ann/both-${at}`, { version: `1.${number}.0`, tags: [`t${number % 3}`] })),
  )
  const flushing = [one, two, one, two].map((log) => log.sequencer.flush())
  await Promise.all([...publishing, ...flushing])
  await Promise.all([one.settled(), two.settled()])
  await expectWhole(one)
  expect(await one.checkpoint()).toEqual(await two.checkpoint())
})

test('D-29: a process whose connection breaks while it appends leaves the log as it was, and what waits goes in later', async () => {
  const before = await one.checkpoint()
  for (let round = 0; round < 5; round++) {
    await two.sql`insert into log_pending (kind, source_id, artifact_id, namespace, name, format, reference, digest)
      select 'unpublished', gen_random_uuid(), gen_random_uuid(), 'ann', 'broken', 'oci', 'v' || i, 'sha256:0' from generate_series(1, 900) as i`
    const appending = one.sequencer.flush().catch(() => 'broken')
    await two.sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()
      and pid in (select pid from pg_stat_activity where datname = current_database() and state <> 'idle')`
    await appending
  }
  await expect.poll(() => two.settled().then(() => 'settled', String), { timeout: 5_000 }).toBe('settled')
  expect((await one.checkpoint()).size).toBe(before.size + 4_500)
  await expectWhole(one)
})

test('what was there before the log comes into it, once', async () => {
  await one.settled()
  await one.sql`truncate log_entries, log_tiles, log_head, log_pending`
  const { signal } = new AbortController()
  expect(await one.intake.sweep(signal)).toBeGreaterThan(24)
  await one.settled()
  await expectWhole(one)
  const { size } = await one.checkpoint()
  expect(await one.intake.sweep(signal)).toBe(0)
  await one.settled()
  expect((await one.checkpoint()).size).toBe(size)
})

test('the sweep lets what waits go first: what is published meanwhile is not behind all of it', async () => {
  await one.settled()
  await one.sql`insert into log_pending (kind, source_id, artifact_id, namespace, name, format, reference, digest)
    select 'unpublished', gen_random_uuid(), gen_random_uuid(), 'ann', 'waits', 'oci', 'v' || i, 'sha256:0' from generate_series(1, 1200) as i`
  await one.sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$`
  await one.sql`create trigger not_now before insert on log_entries for each statement execute function refuse()`
  const sweeping = one.intake.sweep(new AbortController().signal)
  expect(await Promise.race([sweeping, setTimeout(600, 'pauses')])).toBe('pauses')
  await one.sql`drop trigger not_now on log_entries`
  await one.sequencer.flush()
  expect(await sweeping).toBe(0)
  await one.settled()
})

test('D-39: a version whose row somebody changed is noticed by the sweep and said loudly', async () => {
  const changed = digest()
  const { id, manifestDigest } = await one.publish(ann, 'ann/changed', { version: '1.0.0' })
  await one.settled()
  await one.sql`update versions set manifest_digest = ${changed} where id = ${id}`
  await one.intake.sweep(new AbortController().signal)
  await one.settled()
  const refusals = () => one.kernel.log.lines.filter(({ message }) => message.startsWith('REFUSED'))
  const fields = { namespace: 'ann', name: 'changed', version: '1.0.0', digest: changed, loggedDigest: manifestDigest }
  expect(refusals()).toMatchObject([{ level: 'error', fields }])
  await one.intake.sweep(new AbortController().signal)
  expect(refusals()).toHaveLength(1)
  expect((await one.entries()).filter(({ name, kind }) => name === 'changed' && kind === 'version')).toMatchObject([
    { digest: manifestDigest },
  ])
})

test('a key that is given signs from then on, also when nobody publishes; a process without it signs nothing', async () => {
  const before = await one.checkpoint()
  const { key } = (await one.get('/v1/log/key')).json<{ key: string }>()
  expect((await stat(join(home.dataDir, 'keys', 'log-signing.pem'))).mode & 0o777).toBe(0o600)
  const folder = await mkdtemp(join(tmpdir(), 'gati-log-'))
  const file = join(folder, 'log.pem')
  await writeFile(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
  try {
    await using given = await openLog({ home: { ...home, dataDir: folder }, settings: { signing: { logKey: file } } })
    await given.settled()
    const keys = (await given.get('/v1/log/key')).json<{ key: string; retiredKeys: string[] }>()
    expect(keys.retiredKeys).toEqual([key])
    expect(await given.checkpoint()).toEqual(before)

    await given.publish(ann, 'ann/rotated', { version: '1.0.0' })
    await Promise.all([given.kernel.drainEffects(), one.kernel.drainEffects()])
    await one.sequencer.flush().catch((error: unknown) => expect(error).toMatchObject({ code: 'signing.log_key_unfit' }))
    await given.settled()
    expect((await given.checkpoint()).size).toBeGreaterThan(before.size)
    expect((await given.checkpoint()).origin).toBe(before.origin)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a file that holds no Ed25519 key, or a name that is none, stops the boot and is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gati-log-'))
  const file = join(folder, 'wrong.pem')
  await writeFile(file, generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const boot = (signing: object) => openLog({ home, settings: { signing } })
  await expect(boot({ logKey: file })).rejects.toThrow(/wrong\.pem is not a PEM file with an Ed25519 private key/)
  await expect(boot({ logKey: join(folder, 'absent.pem') })).rejects.toThrow(/signing\.logKey: there is no file/)
  await expect(boot({ logOrigin: 'two words' })).rejects.toThrow(/signing\.logOrigin/)
  await rm(folder, { recursive: true })
})
