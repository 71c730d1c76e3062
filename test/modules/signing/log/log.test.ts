import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TagMoved, VersionPublished } from '../../../../src/modules/metadata/contract.ts'
import { Publications } from '../../../../src/modules/metadata/publications.contract.ts'
import type { LoggedFactView, ProofView } from '../../../../src/modules/signing/log.contract.ts'
import { Events } from '../../../../src/shared/kernel/events.ts'
import { Metrics } from '../../../../src/shared/kernel/metrics.ts'
import { openCheckpoint } from '../../../../src/shared/transparency/checkpoint.ts'
import { leafHashOf } from '../../../../src/shared/transparency/log-entry.ts'
import { isConsistent, isIncluded, leafHash } from '../../../../src/shared/transparency/merkle.ts'
import { parseVerifier } from '../../../../src/shared/transparency/signed-note.ts'
import { literalPolicy } from '../../../support/literal-policy.ts'
import { digest, newVersion, outcome, targetOf } from '../../metadata/open-registry.ts'
import { openLog, type TestLog } from './open-log.ts'
import { rootOf, tilesOf } from './read-tiles.ts'

let log: TestLog
let ann: Awaited<ReturnType<TestLog['user']>>
beforeAll(async () => {
  log = await openLog()
  ann = await log.user('ann')
  await log.user('eve')
})
afterAll(() => log?.[Symbol.asyncDispose]())

const pathOf = (name: string, version: string) => `/v1/artifacts/ann/${name}/-/log?version=${encodeURIComponent(version)}`
const proofOf = async (name: string, version: string) => {
  const answer = await log.get(pathOf(name, version), 'ann')
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json<ProofView>()
}

/** What whoever got the answer can check alone. */
function expectProven(proof: ProofView): void {
  const { size, root } = openCheckpoint(proof.checkpoint, parseVerifier(proof.key))
  for (const { salt, proof: hashes, ...entry } of proof.entries) {
    const claim = { index: entry.index, size, leaf: leafHashOf(entry, Buffer.from(salt, 'base64')), root }
    expect(
      isIncluded(
        claim,
        hashes.map((hash) => Buffer.from(hash, 'base64')),
      ),
    ).toBe(true)
  }
}

test('before anything was published there is no checkpoint', async () => {
  expect((await log.get('/v1/log/checkpoint')).json()).toMatchObject({ code: 'signing.log_empty', status: 404 })
  expect((await log.get('/v1/log/key')).statusCode).toBe(404)
  expect((await log.get('/v1/log/tile/0/000')).statusCode).toBe(404)
})

test('within two seconds a version and its tags are proven to be in the log, and signed by the registry', async () => {
  const published = await log.publish(ann, 'ann/widget', { version: '1.0.0', tags: ['beta'] })
  // The best of three: other tests run at the same time.
  const took: number[] = []
  for (const name of ['quick-1', 'quick-2', 'quick-3']) {
    await log.publish(ann, `ann/${name}`, { version: '1.0.0' })
    const began = performance.now()
    const status = async () => (await log.get(pathOf(name, '1.0.0'), 'ann')).statusCode
    await expect.poll(status, { interval: 50, timeout: 10_000 }).toBe(200)
    took.push(performance.now() - began)
  }
  expect(Math.min(...took)).toBeLessThan(2_000)
  await log.settled()
  const proof = await proofOf('widget', '1.0.0')
  expectProven(proof)
  expect(proof.entries).toMatchObject([
    { kind: 'version', namespace: 'ann', name: 'widget', format: 'generic', reference: '1.0.0', digest: published.manifestDigest },
  ])
  const [key] = proof.registryKeys
  const signedBy = createPublicKey({ key: Buffer.from(key?.key ?? '', 'base64'), format: 'der', type: 'spki' })
  const text = `generic/ann/widget@1.0.0:${published.manifestDigest}`
  expect(verify('sha256', Buffer.from(text), signedBy, Buffer.from(proof.signature?.sig ?? '', 'base64'))).toBe(true)
})

test('a tag is proven by its last move, and with the version it points to', async () => {
  const second = await log.publish(ann, 'ann/widget', { version: '1.1.0', tags: ['beta'] })
  await log.settled()
  for (const tag of ['beta', 'latest']) {
    const proof = await proofOf('widget', tag)
    expectProven(proof)
    expect(proof.entries).toMatchObject([
      { kind: 'tag', reference: tag, digest: second.manifestDigest },
      { kind: 'version', reference: '1.1.0', digest: second.manifestDigest },
    ])
  }
  const moves = (await log.entries()).filter(({ kind, reference }) => kind === 'tag' && reference === 'beta')
  expect(moves.map((move) => move.digest)).toEqual([(await proofOf('widget', '1.0.0')).manifestDigest, second.manifestDigest])
})

test('a proof of what is private is for its readers; the public log has neither its names nor its digests', async () => {
  const secret = await log.publish(ann, 'ann/secret-project', { version: '3.2.1-hidden' })
  await log.settled()
  expect((await log.get(pathOf('secret-project', '3.2.1-hidden'))).statusCode).toBe(401)
  expect((await log.get(pathOf('absent-project', '1.0.0'))).statusCode).toBe(401)
  const hidden = await log.get(pathOf('secret-project', '3.2.1-hidden'), 'eve')
  const absent = await log.get(pathOf('absent-project', '1.0.0'), 'eve')
  expect([hidden.statusCode, hidden.json().code]).toEqual([404, absent.json().code])

  const { size } = await log.checkpoint()
  const entries = await log.get(`/v1/log/tile/entries/000.p/${size}`)
  expect(entries.statusCode).toBe(200)
  for (const word of ['secret-project', '3.2.1-hidden', secret.manifestDigest, secret.manifestDigest.slice(7), 'ann', 'widget'])
    expect(entries.rawPayload.includes(word), word).toBe(false)
})

test('what is not published, or not logged, has no proof', async () => {
  expect((await log.get(pathOf('widget', '9.9.9'), 'ann')).json()).toMatchObject({ code: 'metadata.version_not_found', status: 404 })
  expect((await log.get('/v1/artifacts/ann/widget/-/log', 'ann')).statusCode).toBe(400)
  const late = await log.publish(ann, 'ann/late', { version: '1.0.0' })
  const early = await log.get(pathOf('late', '1.0.0'), 'ann')
  if (early.statusCode !== 200) expect(early.json()).toMatchObject({ code: 'signing.not_logged', details: { reference: '1.0.0' } })
  await log.settled()
  expect((await proofOf('late', '1.0.0')).manifestDigest).toBe(late.manifestDigest)
})

test('D-29: events that come again, late or in another order add nothing', async () => {
  const version = await log.publish(ann, 'ann/again', { version: '1.0.0', tags: ['stable'] })
  await log.settled()
  const before = await log.entries()
  const events = log.kernel.resolve(Events)
  const fact = { namespace: 'ann', name: 'again', format: 'generic', type: 'module-binary', version: '1.0.0' }
  const { artifactId, manifestDigest } = version
  for (let time = 0; time < 3; time++) {
    await events.emit(TagMoved, { artifactId, tag: 'stable', from: null, to: manifestDigest })
    await events.emit(VersionPublished, { ...fact, versionId: version.id, artifactId, manifestDigest })
  }
  await Promise.all([log.intake.version(version.id), log.intake.tag({ artifactId, tag: 'stable' }), log.intake.unpublished(version.id)])
  await log.settled()
  expect(await log.entries()).toEqual(before)
})

test('a version that is taken back stays in the log, with the news that it was', async () => {
  await log.publish(ann, 'ann/oops', { version: '1.0.0' })
  await log.catalog.unpublish(ann, { namespace: 'ann', name: 'oops' }, '1.0.0')
  await log.settled()
  const kinds = (await log.entries()).filter(({ name, reference }) => name === 'oops' && reference === '1.0.0').map(({ kind }) => kind)
  expect(kinds.sort()).toEqual(['unpublished', 'version'])
  const latest = (await log.entries()).filter(({ name, reference }) => name === 'oops' && reference === 'latest')
  expect(latest.at(-1)?.digest).toBeNull()
  expect((await log.get(pathOf('oops', '1.0.0'), 'ann')).statusCode).toBe(404)
})

test('what is held back comes into the log when it is published, and never when it is dropped', async () => {
  const { policy, answers } = literalPolicy()
  log.kernel.resolve(Publications).addPolicy(policy)
  answers(({ located }) => (located.artifact.name.startsWith('held') ? 'not yet' : null))
  const held = await log.publish(ann, 'ann/held', { version: '1.0.0', tags: ['beta'] })
  await log.publish(ann, 'ann/held-and-dropped', { version: '1.0.0' })
  await log.intake.version(held.id)
  await log.intake.sweep(new AbortController().signal)
  await log.settled()
  const named = async () => (await log.entries()).filter(({ name }) => name.startsWith('held'))
  expect(await named()).toEqual([])
  expect((await log.get(pathOf('held', '1.0.0'), 'ann')).json()).toMatchObject({ code: 'signing.not_logged' })

  await log.catalog.unpublish(ann, { namespace: 'ann', name: 'held-and-dropped' }, '1.0.0')
  await log.kernel.resolve(Publications).release(held, policy.name)
  answers(null)
  await log.settled()
  expect((await named()).map(({ name, kind, reference }) => `${name} ${kind} ${reference}`).sort()).toEqual([
    'held tag beta',
    'held tag latest',
    'held version 1.0.0',
  ])
  expectProven(await proofOf('held', '1.0.0'))
})

test('that a version was taken back is noted though nobody told', async () => {
  const { id } = await log.publish(ann, 'ann/backwards', { version: '1.0.0' })
  await log.settled()
  await log.sql`update versions set state = 'deleted' where id = ${id}`
  await log.intake.sweep(new AbortController().signal)
  await log.settled()
  const kinds = (await log.entries()).filter(({ name, reference }) => name === 'backwards' && reference === '1.0.0').map(({ kind }) => kind)
  expect(kinds).toEqual(['version', 'unpublished'])
})

test('those who may read an artifact can list its entries, find each in the public log, and nobody else can', async () => {
  const path = '/v1/artifacts/ann/widget/-/log/entries'
  expect((await log.get(path)).statusCode).toBe(401)
  expect((await log.get(path, 'eve')).statusCode).toBe(404)
  const items: LoggedFactView[] = []
  for (let cursor = ''; ; ) {
    const page = (await log.get(`${path}?limit=2${cursor}`, 'ann')).json<{ items: LoggedFactView[]; nextCursor: string | null }>()
    items.push(...page.items)
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  const entries = (await log.entries()).filter(({ name }) => name === 'widget')
  expect(items.map(({ index }) => index)).toEqual(entries.map(({ index }) => index).reverse())
  const { size } = await log.checkpoint()
  const leaves = await tilesOf(log.get, size)
  for (const { salt, index, ...fact } of items) expect(leafHashOf(fact, Buffer.from(salt, 'base64'))).toEqual(leaves[index]?.hash)
  expect((await log.get(`${path}?cursor=WyJ4Il0`, 'ann')).json()).toMatchObject({ code: 'metadata.cursor_invalid', status: 400 })
})

test('P25, D-39: a second digest of a version is refused by log and table, said loudly, and holds up nothing', async () => {
  const { manifestDigest } = await log.publish(ann, 'ann/twice', { version: '1.0.0' })
  await log.settled()
  const before = await log.checkpoint()
  const other = digest()
  const intruder = (fields: { digest: string; id: number }) => log.sql`
    insert into log_pending (kind, source_id, artifact_id, namespace, name, format, reference, digest)
    select 'version', ${`00000000-0000-7000-8000-00000000000${fields.id}`}::uuid, artifact_id, namespace, name, format, reference, ${fields.digest}
    from log_entries where name = 'twice' and kind = 'version'`
  await intruder({ digest: other, id: 1 })
  await intruder({ digest: manifestDigest, id: 2 })
  const after = await log.publish(ann, 'ann/after-it', { version: '1.0.0' })
  await log.settled()

  expect((await log.entries()).filter(({ name, kind }) => name === 'twice' && kind === 'version')).toMatchObject([
    { digest: manifestDigest },
  ])
  expect((await proofOf('after-it', '1.0.0')).manifestDigest).toBe(after.manifestDigest)
  expect(await log.sql`select reference, digest, logged_digest as "loggedDigest" from log_refusals`).toEqual([
    { reference: '1.0.0', digest: other, loggedDigest: manifestDigest },
  ])
  expect(JSON.stringify(log.kernel.log.lines)).toContain('REFUSED by the log')
  expect(await log.kernel.resolve(Metrics).render()).toContain('registry_signing_log_refusals 1')
  expect((await log.checkpoint()).size).toBeGreaterThan(before.size)
  await expect(log.sql`
    insert into log_entries (index, kind, source_id, artifact_id, namespace, name, format, reference, digest, logged_at, salt, leaf)
    select index + 1000000, kind, artifact_id, artifact_id, namespace, name, format, reference, ${other}, logged_at, salt, leaf
    from log_entries where name = 'twice' and kind = 'version'`).rejects.toThrow(/log_entries_one_digest/)
  expect(await outcome(log.publish(ann, 'ann/twice', { version: '1.0.0' }))).toBe('metadata.version_exists')
})

test('a publish that is rolled back leaves no trace in the log', async () => {
  const { size } = await log.checkpoint()
  const failing = log.transaction.run(async () => {
    const located = await log.catalog.openForPublish(ann, targetOf('ann/undone'))
    await log.catalog.addVersion(located, newVersion('ann/undone'))
    throw new Error('no')
  })
  expect(await outcome(failing)).toBe('Error: no')
  await log.settled()
  expect((await log.checkpoint()).size).toBe(size)
})

test('everybody can read the tiles, keep them for ever, and compute the tree from its entries (tlog-tiles)', async () => {
  const first = await log.checkpoint()
  await log.sql`insert into log_pending (kind, source_id, artifact_id, namespace, name, format, reference, digest)
    select 'tag', gen_random_uuid(), gen_random_uuid(), 'ann', 'many', 'oci', 'tag-' || i, 'sha256:' || i from generate_series(1, 1200) as i`
  await log.settled()
  const second = await log.checkpoint()
  expect(second.size).toBe(first.size + 1_200)

  const leaves = await tilesOf(log.get, second.size)
  expect(leaves.map(({ hash }) => hash)).toEqual(leaves.map(({ entry }) => leafHash(entry)))
  expect(rootOf(leaves.map(({ hash }) => hash))).toEqual(second.root)
  expect(rootOf(leaves.slice(0, first.size).map(({ hash }) => hash))).toEqual(first.root)

  const { proof } = (await log.get(`/v1/log/proof?first=${first.size}&second=${second.size}`)).json<{ proof: string[] }>()
  expect(
    isConsistent(
      first,
      second,
      proof.map((hash) => Buffer.from(hash, 'base64')),
    ),
  ).toBe(true)
  const full = await log.get('/v1/log/tile/0/001')
  expect(full.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', 'content-type': 'application/octet-stream' })
  expect(full.rawPayload).toHaveLength(8_192)
  expect((await log.get('/v1/log/tile/0/001.p/17')).rawPayload).toEqual(full.rawPayload.subarray(0, 17 * 32))
  expect((await log.get('/v1/log/tile/1/000.p/4')).rawPayload).toHaveLength(128)
  expect((await log.get('/v1/log/checkpoint')).headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-cache',
  })
})

test.each([
  ...[
    '0/0',
    '0/1',
    '00/000',
    '0/x000/001',
    '0/001.p/0',
    '0/001.p/256',
    '0/000.p/01',
    '0/999',
    '7/000',
    '63/000',
    'data/000',
    'entries/999',
  ],
  ...['0/000/', '0/../000', '-1/000', '0/000.p/', 'entries/x999/x999/x999/x999/x999/999', '1/000', '1/000.p/200'],
])('a tile that is none, or not there yet, is not found: %s', async (path) => {
  expect((await log.get(`/v1/log/tile/${path}`)).statusCode).toBe(404)
})

test.each(['first=2&second=1', 'first=0&second=999999', 'first=9007199254740991&second=9007199254740991'])(
  'no proof is made for sizes that the log does not have: %s',
  async (query) => {
    expect((await log.get(`/v1/log/proof?${query}`)).json()).toMatchObject({ code: 'signing.log_sizes_impossible', status: 400 })
  },
)

test.each(['', 'first=1', 'first=-1&second=2', 'first=1.5&second=2', 'first=x&second=2', 'first=1e99&second=2'])(
  'sizes have to be sizes: %s',
  async (query) => {
    expect((await log.get(`/v1/log/proof?${query}`)).statusCode).toBe(400)
  },
)

test('size and lag are measured', async () => {
  await log.settled()
  const { size } = await log.checkpoint()
  // What was read for another test is remembered for a while.
  const rendered = () => log.kernel.resolve(Metrics).render()
  await expect.poll(rendered, { timeout: 10_000, interval: 200 }).toContain(`registry_signing_log_entries ${size}\n`)
  expect(await rendered()).toContain('registry_signing_log_lag_seconds 0\n')
})
