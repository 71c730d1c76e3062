import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestKernel, type TestKernel } from '../src/shared/testing/start-test-kernel.ts'
import {
  fillPath,
  jsonBody,
  type Operation,
  pathParameters,
  propertyNames,
  queryParameters,
  readOperations,
} from './support/api-operations.ts'
import { runSql } from './support/run-sql.ts'

const password = 'correct horse battery'
const unknownDigest = `sha256:${'0'.repeat(64)}`
/** What exists, so that a refusal is about the one thing that is wrong. */
const existing: Record<string, string> = {
  ...{ namespace: 'admin', name: 'widget', version: '1.0.0', tag: 'latest', org: 'acme', team: 'core', username: 'admin' },
  ...{ kind: 'user', subject: 'admin', id: randomUUID(), digest: unknownDigest },
  ...{ package: 'widget', file: 'widget-1.0.0.tgz', rev: '1-0', spec: 'widget@1.0.0', user: 'org.couchdb.user:admin', key: randomUUID() },
  ...{ login: 'a'.repeat(43), poll: 'b'.repeat(43), token: 'gati_unknown' },
  ...{ delivery: randomUUID(), keyId: randomUUID(), from: '1.0.0', to: '1.0.0', period: 'last-week' },
}

let kernel: TestKernel
let operations: readonly Operation[]
let token: string
let before: Record<string, number>

beforeAll(async () => {
  const auth = { adminPassword: password, passwordMemoryKib: 1_024, passwordPasses: 1 }
  kernel = await startTestKernel({ settings: { auth } })
  await kernel.listen()
  // What is under /v2/ has errors of its own form, and hostile inputs in test/modules/oci.
  operations = (await readOperations(kernel.http)).filter(({ path }) => !path.startsWith('/v2/'))
  token = await createToken(['read', 'publish', 'admin'])
  const octets = { 'content-type': 'application/octet-stream' }
  await expectOk(call('POST', '/v1/artifacts/admin/widget/1.0.0', { headers: octets, payload: 'bytes' }))
  await expectOk(call('POST', '/v1/organizations', { payload: { name: 'acme', displayName: 'Acme' } }))
  await expectOk(call('POST', '/v1/organizations/acme/teams', { payload: { name: 'core' } }))
  await kernel.drainEffects()
  // The log follows within a second.
  await vi.waitUntil(async () => (await countRows())['log_pending'] === 0, { timeout: 10_000 })
  await kernel.drainEffects()
  before = await countRows()
})

afterAll(() => kernel[Symbol.asyncDispose]())

const hostileSegments = {
  'parent folder': '..%2fx',
  'encoded parent folder': '%2e%2e',
  'twice encoded parent folder': '%252e%252e%252f',
  NUL: 'a%00b',
  'line end': 'a%0d%0ab',
  homoglyph: '%d0%b0dmin',
  'full width': '%ef%bd%81dmin',
  'right to left': 'a%e2%80%aeb',
  'broken UTF-8': '%ff%fe',
  'lone percent': '%',
  blank: '%20',
  quote: '%27%20or%201%3D1--',
  'over-long': 'a'.repeat(900),
  '10 kB': 'a'.repeat(10_000),
  'wrong type': '%7B%22%24gt%22%3A1%7D',
}

test('Must hold: every path parameter of every route refuses hostile values with a problem document, and nothing is stored', async () => {
  for (const operation of operations)
    for (const parameter of pathParameters(operation))
      for (const [what, value] of Object.entries(hostileSegments)) {
        const answer = await call(operation.method, fillPath(operation, { ...existing, [parameter]: value }), bodyOf(operation))
        const told = `${operation.method} ${operation.path} with ${what} as ${parameter}`
        // Who logs out with what is no token is logged out.
        if (parameter === 'token') expectNoCrash(answer, told)
        else expectRefused(answer, told)
      }
  await expectNothingNew()
}, 120_000)

test('D-32: lists, objects and nonsense where a query parameter has a type are refused, everywhere', async () => {
  const spoilt = (name: string) => [
    `${name}=1&${name}=2&${name}=3`,
    `${name}=%00`,
    `${name}=${'x'.repeat(10_000)}`,
    `${name}=%ff`,
    `${name}=-1e999`,
    `${name}=1e999`,
    `${name}=NaN`,
    `${name}=0x10000`,
  ]
  for (const operation of operations)
    for (const name of queryParameters(operation))
      for (const query of spoilt(name)) {
        const answer = await call(operation.method, `${fillPath(operation, existing)}?${query}`, bodyOf(operation))
        const what = `${operation.method} ${operation.path}?${query.slice(0, 40)}`
        if (freeTexts.has(name)) expectNoCrash(answer, what)
        else expectRefused(answer, what)
      }
  await expectNothingNew()
}, 120_000)

/** Filters of the audit log, of usage and searches take any text, and find nothing; `write` and `format` of npm's clients mean nothing here. */
const freeTexts = new Set(
  `action actor artifact capabilities format from key keyword language license maintainer namespace package predicateType query subject text write`.split(
    ' ',
  ),
)

test('D-32: lists and objects in query parameters never break a route that reads', async () => {
  for (const operation of operations.filter(({ method }) => method === 'GET'))
    for (const query of [
      'a[]=1&a[]=2',
      'a[b]=1',
      '__proto__[x]=1',
      'constructor=1',
      'toString=1&toString=2',
      '&&&===',
      '%00',
      'namespace=a&namespace=b',
    ]) {
      const answer = await call('GET', `${fillPath(operation, existing)}?${query}`)
      expectNoCrash(answer, `GET ${operation.path}?${query}`)
    }
  await expectNothingNew()
}, 120_000)

test('Must hold: bodies of the wrong type, shape or depth are refused by every route that takes JSON', async () => {
  for (const operation of operations) {
    const schema = jsonBody(operation)
    if (!schema) continue
    const url = fillPath(operation, existing)
    const names = propertyNames(schema)
    const wrong = [{ $gt: 1 }, [[1]], 12.5, 'x'.repeat(100_000), '\u0000']
    const documents = [
      ...['[]', '"text"', '1', 'true', '{"a":', '{"a":1}}', '\u0000', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}'],
      '['.repeat(100_000),
      `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
      JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index]))),
      ...names.map((name) => JSON.stringify(Object.fromEntries(names.map((other) => [other, other === name ? { $gt: 1 } : []])))),
      ...wrong.map((value) => JSON.stringify(Object.fromEntries(names.map((name) => [name, value])))),
    ]
    for (const document of documents) {
      const answer = await call(operation.method, url, { headers: { 'content-type': 'application/json' }, payload: document })
      expectRefused(answer, `${operation.method} ${operation.path} with ${document.slice(0, 60)}`)
    }
  }
  await expectNothingNew()
}, 120_000)

test('Must hold: content types and encodings that a route does not read are refused', async () => {
  const types = [
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'x',
    'application/',
  ]
  for (const operation of operations.filter(({ bodies }) => Object.keys(bodies).length > 0)) {
    const url = fillPath(operation, existing)
    for (const type of types) {
      const answer = await call(operation.method, url, { headers: { 'content-type': type }, payload: '{}' })
      expectRefused(answer, `${operation.method} ${operation.path} as ${type}`)
    }
    if (!jsonBody(operation)) continue
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    expectRefused(await call(operation.method, url, { headers, payload: '{}' }), `${operation.method} ${operation.path} compressed`)
  }
  await expectNothingNew()
})

test('Must hold: wrong digests, sizes and types of a publish are refused and leave nothing', async () => {
  const octets = { 'content-type': 'application/octet-stream' }
  const url = '/v1/artifacts/admin/widget/2.0.0'
  const publishes: Parameters<typeof call>[2][] = [
    ...[unknownDigest, 'sha256:xyz', 'md5:00', '../x', `sha256:${'A'.repeat(64)}`, 'x'.repeat(8_000)].map((digest) => ({
      headers: { ...octets, 'x-artifact-digest': digest },
      payload: 'bytes',
    })),
    { headers: { ...octets, 'x-artifact-type': 'nothing' }, payload: 'bytes' },
    { headers: { 'content-type': 'application/json' }, payload: '{"type":"module-binary","manifest":{},"layers":[{"digest":"x"}]}' },
    {
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify({ type: 'module-binary', manifest: { config: { binaryFile: 'x' } }, layers: [{ digest: unknownDigest }] }),
    },
  ]
  for (const publish of publishes) expectRefused(await call('POST', url, publish), JSON.stringify(publish).slice(0, 200))
  for (const version of ['latest', '1', '01.0.0', 'v1.0.0', '1.0.0-', '1.0.0%20', '1.0.0.0', 'x'.repeat(200)])
    expectRefused(await call('POST', `/v1/artifacts/admin/widget/${version}`, { headers: octets, payload: 'bytes' }), version)
  await expectNothingNew()
})

test('Must hold: unknown credentials are 401 and a token without the scope is 403, everywhere', async () => {
  const reader = await createToken(['read'])
  before = await countRows()
  const unknown = [`gati_${'x'.repeat(40)}`, 'a.b.c', '', 'x'.repeat(10_000)].map((text) => `Bearer ${text}`)
  const credentials = [...unknown, 'Basic !!!', 'Basic YTpi', 'Digest x', 'Bearer']
  for (const operation of operations.filter(({ needsCredential }) => needsCredential)) {
    const url = fillPath(operation, existing)
    for (const authorization of credentials) {
      const answer = await call(operation.method, url, { ...bodyOf(operation), headers: { authorization } })
      expect([401, 429], `${operation.method} ${operation.path} ${authorization.slice(0, 20)} ${answer.body}`).toContain(answer.statusCode)
    }
    expect((await kernel.http.inject({ method: operation.method, url })).statusCode, `${operation.method} ${operation.path}`).toBe(401)
    const answer = await call(operation.method, url, { ...bodyOf(operation), headers: { authorization: `Bearer ${reader}` } })
    if (operation.method !== 'GET' && operation.method !== 'HEAD' && !mayReader(operation))
      expect(answer.statusCode, `${operation.method} ${operation.path} ${answer.body}`).toBe(403)
    else expectNoCrash(answer, `${operation.method} ${operation.path} with a reading token`)
  }
}, 120_000)

/** Everybody may void a token of their own and leave. */
const mayReader = ({ path }: Operation): boolean => ['/v1/tokens/{id}', '/v1/auth/logout'].includes(path)

test('D-11 D-26: bodies that end too soon store nothing and the process lives on', async () => {
  for (const operation of operations.filter(({ bodies }) => Object.keys(bodies).length > 0)) {
    const [type = ''] = Object.keys(operation.bodies)
    const head = [
      `${operation.method} ${fillPath(operation, existing).replace('1.0.0', '3.0.0')} HTTP/1.1`,
      'host: localhost',
      `authorization: Bearer ${token}`,
      `content-type: ${type}`,
      'content-length: 1000',
    ]
    const answer = await cutOff(`${head.join('\r\n')}\r\n\r\n{"a":1`)
    expect(answer, operation.path).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
  }
  expect((await kernel.http.inject('/health')).statusCode).toBe(200)
  await expectNothingNew()
})

/** Sends that, ends its side, and returns what came back. */
async function cutOff(request: string): Promise<string> {
  const { port } = new URL(kernel.http.listeningOrigin)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  socket.end(request)
  return text(socket).catch(() => '')
}

interface Call {
  readonly headers?: Readonly<Record<string, string>>
  readonly payload?: string | object
}

const call = (method: Operation['method'], url: string, { headers, payload }: Call = {}): Promise<LightMyRequestResponse> =>
  kernel.http.inject({ method, url, headers: { authorization: `Bearer ${token}`, ...headers }, ...(payload !== undefined && { payload }) })

/** Well-formed, so that the parameter is what is wrong. */
const bodyOf = (operation: Operation): Call =>
  jsonBody(operation)
    ? { payload: {} }
    : Object.keys(operation.bodies).length > 0
      ? { headers: { 'content-type': 'application/octet-stream' } }
      : {}

async function createToken(scopes: readonly string[]): Promise<string> {
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
  const answer = await kernel.http.inject({
    method: 'POST',
    url: '/v1/tokens',
    headers: { authorization },
    payload: { name: 'hostile', scopes },
  })
  return answer.json<{ token: string }>().token
}

async function expectOk(answering: Promise<LightMyRequestResponse>): Promise<void> {
  const { statusCode, body } = await answering
  if (statusCode >= 300) throw new Error(body)
}

function expectRefused(answer: LightMyRequestResponse, what: string): void {
  expect(answer.statusCode, `${what}: ${answer.body.slice(0, 300)}`).toBeGreaterThanOrEqual(400)
  expectNoCrash(answer, what)
}

/** Below 500, and where it is a refusal a problem document, or what clients of npm read. */
function expectNoCrash(answer: LightMyRequestResponse, what: string): void {
  const { statusCode, headers, body } = answer
  expect(statusCode, `${what}: ${body.slice(0, 300)}`).toBeLessThan(500)
  if (statusCode < 400 || answer.raw.req.method === 'HEAD') return
  if (answer.raw.req.url?.startsWith('/npm/-/v1/login/') && /^text\/html/.test(String(headers['content-type']))) return
  if (/^application\/json/.test(String(headers['content-type']))) {
    expect(answer.raw.req.url, what).toMatch(/^\/npm\//)
    expect(answer.json(), what).toMatchObject({ code: expect.stringMatching(/^[a-z]+\.[a-z_]+$/), error: expect.any(String) })
    return
  }
  expect(headers['content-type'], what).toMatch(/^application\/problem\+json/)
  expect(answer.json(), what).toMatchObject({
    status: statusCode,
    code: expect.stringMatching(/^[a-z]+\.[a-z_]+$/),
    requestId: expect.any(String),
  })
}

const notes = ['audit_log', 'download_counts', 'metering_hours']

/** Ticks of the clock are nobody's doing. */
const ofCallers: Readonly<Record<string, string>> = {
  outbox: "where name not like 'cron:%'",
  effect_runs: "where outbox_id in (select id from outbox where name not like 'cron:%')",
}

/** By table; failed logins, successful downloads and every request are noted. */
async function countRows(): Promise<Record<string, number>> {
  const { databaseUrl } = kernel.home
  const tables = await runSql<{ name: string }>(
    databaseUrl,
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  )
  const stores = tables.filter(({ name }) => !notes.includes(name) && !name.startsWith('analytics_'))
  const counts = stores.map(({ name }) => `select '${name}' as name, count(*)::int as count from "${name}" ${ofCallers[name] ?? ''}`)
  const rows = await runSql<{ name: string; count: number }>(databaseUrl, counts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]))
}

async function expectNothingNew(): Promise<void> {
  expect(await countRows()).toEqual(before)
}
