import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { Metering } from '../../../src/modules/metering/contract.ts'
import metering from '../../../src/modules/metering/module.ts'
import { holdOpenPeriod } from '../../../src/modules/metering/records.queries.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { openRegistry, type Registry } from '../metadata/open-registry.ts'

let registry: Registry
beforeAll(async () => {
  registry = await openRegistry({ modules: [auth, metadata, metering] })
  const [ann] = [await registry.user('ann'), await registry.user('bob')]
  await registry.publish(ann, 'ann/tool', { version: '1.0.0' })
  await registry.publish(ann, 'ann/model', { version: '2.0.0' })
  await registry.request('PATCH', '/v1/namespaces/ann', { as: 'ann', body: { visibility: 'public' } })
})
afterAll(() => registry[Symbol.asyncDispose]())

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()
const record = (id: string, about: Readonly<Record<string, unknown>> = {}) => ({
  ...{ id, metric: 'inference-time', quantity: 250, at: minutesAgo(1) },
  artifact: { namespace: 'ann', name: 'model', version: '2.0.0' },
  subject: { kind: 'customer', id: 'cus_1' },
  ...about,
})
type Sent = ReturnType<typeof record>

interface Result {
  readonly id: string
  readonly outcome: string
  readonly reason?: string
}
const send = (records: readonly unknown[], as: string | undefined = 'ann') =>
  registry.request('POST', '/v1/usage', { as, body: { records } })
const results = async (records: readonly unknown[], as = 'ann'): Promise<Result[]> => {
  const answer = await send(records, as)
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json<{ results: Result[] }>().results
}
const outcomes = async (records: readonly unknown[], as = 'ann') =>
  (await results(records, as)).map(({ outcome, reason }) => reason ?? outcome)

/** Sum of everything a subject consumed, as billing sees it. */
const consumedBy = async (subject: string): Promise<number> => {
  const sums = await registry.kernel.resolve(Metering).sums({ from: minutesAgo(60 * 24 * 40), to: minutesAgo(-60), limit: 1_000 })
  return sums.filter((sum) => sum.subject.id === subject).reduce((total, { quantity }) => total + quantity, 0)
}
const clear = () => registry.sql`with gone as (delete from metering_records) delete from metering_hours`

test('Q090 a record is accepted once: the same id again is a duplicate, with other content it is refused, and nothing is added', async () => {
  await clear()
  const at = minutesAgo(2)
  expect(await outcomes([record('a', { at }), record('b', { at })])).toEqual(['accepted', 'accepted'])
  // The same instant, written differently.
  const sameInstant = at.replace('Z', '+00:00')
  expect(await outcomes([record('a', { at: sameInstant }), record('b', { at, quantity: 1 }), record('c', { at })])).toEqual([
    ...['duplicate', 'id_reused', 'accepted'],
  ])
  const others = { metric: 'downloads', artifact: { namespace: 'ann', name: 'tool' }, subject: { kind: 'account', id: 'cus_1' } }
  for (const [name, value] of Object.entries(others))
    expect(await outcomes([record('a', { at, [name]: value })]), name).toEqual(['id_reused'])
  expect(await outcomes([record('d', { at }), record('d', { at }), record('d', { at, quantity: 3 })])).toEqual([
    ...['accepted', 'duplicate', 'id_reused'],
  ])
  expect(await consumedBy('cus_1')).toBe(4 * 250)
})

test('Q090 however batches are shuffled, repeated and split, sums are those of every record once', async () => {
  const sent = fc.uniqueArray(
    fc.record({
      id: fc.stringMatching(/^[a-z]{1,3}$/),
      quantity: fc.integer({ min: 1, max: 1_000 }),
      minutes: fc.integer({ min: 0, max: 200 }),
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
  )
  const deliveries = sent.chain((records) =>
    fc.record({
      records: fc.constant(records),
      order: fc.array(fc.nat({ max: records.length - 1 }), { maxLength: 30 }),
      size: fc.integer({ min: 1, max: 7 }),
    }),
  )
  await fc.assert(
    fc.asyncProperty(deliveries, async ({ records, order, size }) => {
      await clear()
      const all = records.map(({ id, quantity, minutes }) => record(id, { quantity, at: minutesAgo(minutes) }))
      const stream = [...order.map((at) => all[at]), ...all].filter((one): one is Sent => one !== undefined)
      let accepted = 0
      for (let at = 0; at < stream.length; at += size)
        accepted += (await outcomes(stream.slice(at, at + size))).filter((outcome) => outcome === 'accepted').length
      expect(accepted).toBe(all.length)
      expect(await consumedBy('cus_1')).toBe(all.reduce((sum, { quantity }) => sum + quantity, 0))
    }),
    { numRuns: 25 },
  )
})

test('Q090 identical and overlapping batches that arrive at the same time are counted once', async () => {
  await clear()
  const all = Array.from({ length: 300 }, (_, index) => record(`p${index}`, { quantity: index + 1, at: minutesAgo(index % 120) }))
  const batches = Array.from({ length: 12 }, (_, turn) => (turn % 2 === 0 ? all : all.toReversed().slice(0, 200)))
  const counted = (await Promise.all(batches.map((batch) => outcomes(batch)))).flat()
  expect(counted.filter((outcome) => outcome === 'accepted')).toHaveLength(300)
  expect(counted.filter((outcome) => outcome !== 'accepted' && outcome !== 'duplicate')).toEqual([])
  expect(await consumedBy('cus_1')).toBe((300 * 301) / 2)
})

test('who may publish an artifact reports its usage; nobody learns more of one that is hidden than that it is not there', async () => {
  await clear()
  await registry.request('PATCH', '/v1/artifacts/ann/tool', { as: 'ann', body: { visibility: 'private' } })
  const ofTool = record('x', { artifact: { namespace: 'ann', name: 'tool' } })
  const ofNothing = record('y', { artifact: { namespace: 'ann', name: 'nothing' } })
  expect(await outcomes([record('w'), ofTool, ofNothing], 'bob')).toEqual(['not_allowed', 'artifact_not_found', 'artifact_not_found'])
  expect(await outcomes([ofTool, ofNothing])).toEqual(['accepted', 'artifact_not_found'])
  expect((await send([ofTool], '')).statusCode).toBe(401)
  const token = await registry.request('POST', '/v1/tokens', { as: 'ann', body: { name: 'reader', scopes: ['read'] } })
  const headers = { authorization: `Bearer ${token.json().token}` }
  const refused = await registry.request('POST', '/v1/usage', { headers, body: { records: [ofTool] } })
  expect(refused.statusCode).toBe(403)
  expect((await send([ofTool], undefined)).statusCode).toBe(200)
})

test('two senders may use the same id, each for a record of its own', async () => {
  await clear()
  await registry.request('PUT', '/v1/namespaces/ann/members/bob', { as: 'ann', body: { role: 'write' } })
  expect(await outcomes([record('same')])).toEqual(['accepted'])
  expect(await outcomes([record('same', { quantity: 1 })], 'bob')).toEqual(['accepted'])
  expect(await consumedBy('cus_1')).toBe(251)
})

test('what cannot be is refused by itself: times, versions, names that mean several artifacts; the rest of the batch is taken', async () => {
  await clear()
  const day = 24 * 60
  const batch = [
    record('old', { at: minutesAgo(35 * day + 1) }),
    record('edge', { at: minutesAgo(35 * day - 1) }),
    record('ahead', { at: minutesAgo(-6) }),
    record('slightly', { at: minutesAgo(-4) }),
    record('never', { at: '2026-02-30T10:00:00Z' }),
    record('hours', { at: '2026-11-01T25:00:00Z' }),
    record('version', { artifact: { namespace: 'ann', name: 'model', version: '9.9.9' } }),
    record('plain', { artifact: { namespace: 'gati.dev/users/ann', name: 'model' } }),
  ]
  expect(await outcomes(batch)).toEqual([
    ...['too_old', 'accepted', 'in_the_future', 'accepted', 'instant_invalid', 'instant_invalid', 'version_unknown', 'accepted'],
  ])
})

test('a record that was taken stays a duplicate when it comes again after its time', async () => {
  await clear()
  const late = record('late', { at: minutesAgo(30) })
  expect(await outcomes([late])).toEqual(['accepted'])
  await registry.sql`update metering_records set at = at - interval '40 days'`
  expect(await outcomes([{ ...late, at: new Date(Date.parse(late.at) - 40 * 86_400_000).toISOString() }])).toEqual(['duplicate'])
})

test.each([
  ['no records', []],
  ['too many records', Array.from({ length: 1_001 }, (_, index) => record(`r${index}`))],
  ['a metric nobody knows', [record('a', { metric: 'tokens' })]],
  ['nothing consumed', [record('a', { quantity: 0 })]],
  ['less than nothing', [record('a', { quantity: -5 })]],
  ['a fraction', [record('a', { quantity: 1.5 })]],
  ['a quantity no clock has', [record('a', { quantity: 1e15 })]],
  ['an id with a line break', [record('a\nb')]],
  ['an id that is too long', [record('a'.repeat(129))]],
  ['a time without a zone', [record('a', { at: '2026-11-22T03:00:00' })]],
  ['a subject of the registry itself', [record('a', { subject: { kind: 'anonymous', id: '-' } })]],
  ['a member nobody knows', [record('a', { price: 3 })]],
])('%s is refused as a whole, and nothing of the batch is kept', async (_what, records) => {
  await clear()
  const answer = await send(records.length === 0 || records.length > 1_000 ? records : [record('good'), ...records])
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ code: 'request.invalid' })
  expect(await registry.sql`select 1 from metering_records`).toEqual([])
})

test('the largest batch is taken: 1,000 records with every member', async () => {
  await clear()
  const artifact = { namespace: 'ann', name: 'model', format: 'generic', version: '2.0.0' }
  const taken = await outcomes(Array.from({ length: 1_000 }, (_, index) => record(`m${index}`, { artifact })))
  expect(new Set(taken)).toEqual(new Set(['accepted']))
  expect(await consumedBy('cus_1')).toBe(250_000)
})

test('a batch names at most 100 artifacts', async () => {
  const of = (count: number) =>
    Array.from({ length: count }, (_, index) => record(`n${index}`, { artifact: { namespace: 'ann', name: `nothing-${index}` } }))
  expect((await send(of(101))).json()).toMatchObject({ status: 400, code: 'metering.too_many_artifacts', details: { maxArtifacts: 100 } })
  expect((await outcomes(of(100)))[99]).toBe('artifact_not_found')
})

test('sums stay right beyond what 64 bits hold', async () => {
  await clear()
  await outcomes([record('huge', { quantity: 1_000_000_000_000, subject: { kind: 'customer', id: 'cus_huge' } })])
  await registry.sql`update metering_hours set quantity = 9223372036854775807 where subject = 'cus_huge'`
  expect(await outcomes([record('huge2', { quantity: 1_000_000_000_000, subject: { kind: 'customer', id: 'cus_huge' } })])).toEqual([
    'accepted',
  ])
  expect(await consumedBy('cus_huge')).toBe(Number.MAX_SAFE_INTEGER)
})

test('a close that waits for a batch is not overtaken by the batches after it', async () => {
  const { sql, kernel } = registry
  const [database, { run }] = [kernel.resolve(Database), kernel.resolve(Transaction)]
  const until = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 90 * 3_600_000).toISOString()
  const [held, written] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const first = run(async () => {
    await holdOpenPeriod(database)
    held.resolve()
    await written.promise
  })
  await held.promise
  const waiting = async () =>
    (await sql<{ count: number }>`select count(*) from pg_locks where locktype = 'advisory' and not granted`)[0]?.count
  const closed = kernel.resolve(Metering).close(until)
  await expect.poll(waiting).toBe(1)
  const second = run(() => holdOpenPeriod(database))
  await expect.poll(waiting).toBe(2)
  written.resolve()
  await Promise.all([first, closed])
  expect(Date.parse((await second).closedUntil ?? '')).toBe(Date.parse(until))
  await sql`update metering_closing set closed_until = '-infinity'`
})

test('a closed period takes nothing any more, keeps its sums, and does not open again', async () => {
  await clear()
  const service = registry.kernel.resolve(Metering)
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const before = record('before', { at: new Date(hour - 1_000).toISOString() })
  expect(await outcomes([before])).toEqual(['accepted'])
  await service.close(new Date(hour).toISOString())
  await service.close(new Date(hour - 7_200_000).toISOString())
  const late = record('late', { at: new Date(hour - 1).toISOString() })
  expect(await outcomes([before, late, record('open', { at: new Date(hour).toISOString() })])).toEqual([
    'duplicate',
    'period_closed',
    'accepted',
  ])
  expect(await consumedBy('cus_1')).toBe(500)
  const codes = { kind: 'invalid', code: 'metering.close_invalid' }
  await expect(service.close(new Date(hour + 7_200_000).toISOString())).rejects.toMatchObject(codes)
  await expect(service.close(new Date(hour - 1).toISOString())).rejects.toMatchObject(codes)
  await registry.sql`update metering_closing set closed_until = '-infinity'`
})
