import { request } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Advisories } from '../../../src/modules/scanning/contract.ts'
import { startTestKernel, type TestKernel } from '../../../src/shared/testing/start-test-kernel.ts'
import { malware, newScore, streamOf, traversal } from '../scanning/osv-documents.ts'

const bulk = '/npm/-/npm/v1/security/advisories/bulk'
const quick = '/npm/-/npm/v1/security/audits/quick'

let kernel: TestKernel

beforeAll(async () => {
  kernel = await startTestKernel()
  await kernel.resolve(Advisories).import(streamOf([traversal, malware, newScore]))
})

afterAll(() => kernel?.[Symbol.asyncDispose]())

interface Sent {
  readonly encoding?: string
  readonly type?: string
  readonly url?: string
}
const send = (payload: string | Buffer | object, { encoding, type = 'application/json', url = bulk }: Sent = {}) =>
  kernel.http.inject({
    method: 'POST',
    url,
    headers: { 'content-type': type, ...(encoding !== undefined && { 'content-encoding': encoding }) },
    payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
  })

const question = { 'gati-fixture-widget': ['1.0.0', '1.2.3'], '@gati-fixture/left-pod': ['1.0.1'], harmless: ['1.0.0'] }
const answer = {
  'gati-fixture-widget': [
    {
      id: expect.any(Number),
      url: `https://github.com/advisories/${traversal.id}`,
      title: traversal.summary,
      severity: 'moderate',
      vulnerable_versions: '<1.2.3 || >=2.0.0-alpha.1 <2.1.0',
      cwe: ['CWE-22'],
      cvss: { score: 6.1, vectorString: traversal.severity[0]?.score },
    },
  ],
  '@gati-fixture/left-pod': [
    {
      id: expect.any(Number),
      url: 'https://osv.dev/vulnerability/MAL-2026-77',
      title: malware.summary,
      severity: 'critical',
      vulnerable_versions: '1.0.1 || 9.9.9',
      cwe: [],
      cvss: { score: 0, vectorString: null },
    },
  ],
}

test('a bulk audit answers by name what is vulnerable, to anybody, and nothing about the rest', async () => {
  const found = await send(question)
  expect([found.statusCode, found.json()]).toEqual([200, answer])
  expect(found.headers['content-type']).toMatch(/^application\/json/)
  const clean = await send({ 'gati-fixture-widget': ['1.2.3'] })
  expect([clean.statusCode, clean.json()]).toEqual([200, {}])
})

test('npm sends audits compressed: each coding is read, whatever its case', async () => {
  const bytes = Buffer.from(JSON.stringify(question))
  const sent: [string, Buffer][] = [
    ...([
      ['gzip', gzipSync(bytes)],
      ['GZIP', gzipSync(bytes)],
      ['br', brotliCompressSync(bytes)],
    ] as [string, Buffer][]),
    ...([
      ['deflate', deflateSync(bytes)],
      ['identity', bytes],
    ] as [string, Buffer][]),
  ]
  for (const [encoding, body] of sent) {
    const found = await send(body, { encoding })
    expect([encoding, found.statusCode, found.json()]).toEqual([encoding, 200, answer])
  }
})

test('a compressed body that unpacks to too much is refused, as is one that is too large to begin with', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1_048_576, ' '))
  expect(bomb.length).toBeLessThan(100_000)
  const refused = await send(bomb, { encoding: 'gzip' })
  expect([refused.statusCode, refused.json().code]).toEqual([413, 'request.too_large'])
  expect((await send(Buffer.alloc(10_485_761, ' '))).statusCode).toBe(413)
})

test('what is not in its coding, in an unknown one, or cut off is refused', async () => {
  const whole = gzipSync(JSON.stringify(question))
  for (const body of ['{}', whole.subarray(0, whole.length - 12)]) {
    const refused = await send(body, { encoding: 'gzip' })
    expect([refused.statusCode, refused.json().code]).toEqual([400, 'request.invalid_encoding'])
  }
  for (const encoding of ['zstd', 'gzip, gzip', 'constructor'])
    expect((await send(whole, { encoding })).json().code).toBe('request.unsupported_encoding')
})

test('names and versions that cannot be are passed over', async () => {
  const odd = {
    ...question,
    '': ['1'],
    '../etc': ['1'],
    'a b': ['1'],
    [`x${'y'.repeat(300)}`]: ['1'],
    x: [null, 1, {}],
    y: '1.0.0',
    constructor: ['1.0.0'],
  }
  const found = await send(odd)
  expect([found.statusCode, found.json()]).toEqual([200, answer])
})

test('names that reach for a prototype do no harm', async () => {
  const refused = await send('{"__proto__":["1.0.0"]}')
  expect([refused.statusCode, refused.json().code]).toEqual([400, 'request.invalid_json'])
  const found = await send('{"constructor":["1.0.0"],"hasOwnProperty":["1.0.0"],"toString":["1.0.0"]}')
  expect([found.statusCode, found.json()]).toEqual([200, {}])
})

test('a body that is no question is refused, one with too many versions as well', async () => {
  for (const body of ['', '[]', 'null', '"x"', '{"a":']) expect((await send(body)).statusCode, body).toBe(400)
  const refused = await send({ x: Array.from({ length: 50_001 }, (_, index) => `1.0.${index}`) })
  expect([refused.statusCode, refused.json().code]).toEqual([413, 'npm.audit_too_large'])
  expect((await send(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)).statusCode).toBe(400)
})

test('a thousand packages of many versions are answered quickly', async () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`package-${index}`, ['1.0.0', '2.0.0']]))
  const found = await send(gzipSync(JSON.stringify({ ...many, ...question })), { encoding: 'gzip' })
  expect(found.json()).toEqual(answer)
})

const tree = {
  name: 'app',
  version: '1.0.0',
  requires: { outer: '^1.0.0', 'gati-fixture-widget': '^1.0.0' },
  dependencies: {
    'gati-fixture-widget': { version: '1.0.0', integrity: 'sha512-x', requires: {} },
    outer: {
      version: '1.0.0',
      dependencies: { 'gati-fixture-widget': { version: '1.0.0', dev: true }, 'gati-fixture-parser': { version: '1.2.0', optional: true } },
    },
    broken: 'not a package',
  },
}

test.each([quick, '/npm/-/npm/v1/security/audits'])('the tree of npm 6 and yarn 1 is audited at %s', async (url) => {
  const audited = await send(gzipSync(JSON.stringify(tree)), { encoding: 'gzip', url })
  expect(audited.statusCode).toBe(200)
  const report = audited.json()
  const ids = Object.fromEntries(
    Object.values(report.advisories as Record<string, { id: number; module_name: string }>).map((each) => [each.module_name, each.id]),
  )
  expect(report).toMatchObject({
    muted: [],
    metadata: {
      vulnerabilities: { info: 0, low: 0, moderate: 2, high: 1, critical: 0 },
      ...{ dependencies: 2, devDependencies: 1, optionalDependencies: 1, totalDependencies: 4 },
    },
  })
  expect(report.advisories[String(ids['gati-fixture-widget'])]).toMatchObject({
    findings: [{ version: '1.0.0', paths: ['gati-fixture-widget', 'outer>gati-fixture-widget'] }],
    ...{
      cves: ['CVE-2026-10001'],
      github_advisory_id: traversal.id,
      severity: 'moderate',
      patched_versions: expect.stringContaining('>=2.1.0'),
    },
  })
  expect(report.actions).toContainEqual({
    action: 'review',
    module: 'gati-fixture-parser',
    resolves: [{ id: ids['gati-fixture-parser'], path: 'outer>gati-fixture-parser', dev: false, optional: true, bundled: false }],
  })
})

test('a tree without dependencies is clean, and what is no tree is refused', async () => {
  const clean = await send({ name: 'app', version: '1.0.0' }, { url: quick })
  expect(clean.json()).toMatchObject({ actions: [], advisories: {}, metadata: { totalDependencies: 0 } })
  expect((await send('[]', { url: quick })).json().code).toBe('npm.audit_invalid')
})

/** The longest time in which nothing else was done, and the whole. Milliseconds. */
async function longestWait(work: () => Promise<unknown>): Promise<{ readonly longest: number; readonly whole: number }> {
  const begin = performance.now()
  const seen = { last: begin, longest: 0, done: false }
  const look = () => {
    const now = performance.now()
    seen.longest = Math.max(seen.longest, now - seen.last)
    seen.last = now
    if (!seen.done) setImmediate(look)
  }
  look()
  await work()
  seen.done = true
  look()
  return { longest: seen.longest, whole: performance.now() - begin }
}

test('D-18: other requests are answered while 50,000 versions are compared', async () => {
  const ranges = Array.from({ length: 60 }, (_, at) => ({
    type: 'SEMVER',
    events: [{ introduced: `${at + 2}.0.0` }, { fixed: `${at + 2}.0.1` }],
  }))
  const affected = [{ package: { ecosystem: 'npm', name: 'gati-fixture-many' }, ranges }]
  await kernel.resolve(Advisories).import(streamOf([{ ...traversal, id: 'GHSA-3g4f-4pwh-qvx7', affected }]))
  const versions = Array.from({ length: 50_000 }, (_, at) => `1.0.${at}`)
  const { longest, whole } = await longestWait(() => send({ 'gati-fixture-many': versions }))
  expect(longest).toBeLessThan(whole / 4)
})

test('a small tree in which much is vulnerable is counted as a whole and told in part', async () => {
  const widget = (at: number) => ({ version: '1.0.0', dependencies: { 'gati-fixture-widget': { version: `1.0.${at}` } } })
  const dependencies = Object.fromEntries(Array.from({ length: 12_000 }, (_, at) => [`package-${at}`, widget(at)]))
  const audited = await send({ name: 'app', dependencies }, { url: quick })
  const { metadata, actions } = audited.json()
  expect([audited.statusCode, metadata.vulnerabilities.moderate, actions[0].resolves.length]).toEqual([200, 12_000, 5_000])
})

test('D-18: more audits than may wait are told to come back, and one whose body is late holds nobody up', async () => {
  await using small = await startTestKernel({ settings: { npm: { maxAudits: 1 } } })
  await small.listen()
  const ask = () => small.http.inject({ method: 'POST', url: bulk, payload: question })
  const headers = { 'content-type': 'application/json', expect: '100-continue' }
  const slow = request(`${small.http.listeningOrigin}${bulk}`, { method: 'POST', headers })
  const answered = new Promise<number | undefined>((resolve) => slow.on('response', ({ statusCode }) => resolve(statusCode)))
  // Sent when somebody reads.
  await new Promise<void>((resolve) => slow.on('continue', resolve).flushHeaders())
  const refused = await ask()
  expect([refused.json().code, refused.headers['retry-after']]).toEqual(['npm.audits_busy', '5'])
  slow.end('{}')
  expect(await answered).toBe(200)
  expect((await ask()).statusCode).toBe(200)
})
