import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { type FixtureOptions, moduleOf, sendRaw, startHttp, until } from '../support/http-fixture.ts'

const upload = defineHandler({
  method: 'PUT',
  url: '/blobs/:name',
  auth: 'publish',
  summary: 'Takes bytes',
  rawBody: true,
  schema: { params: Type.Object({ name: Type.String() }), response: { 200: Type.Object({ bytes: Type.Integer() }) } },
  deps: {},
  handle: async ({ params, body }) => {
    let bytes = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (params.name === 'fail-early') throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    }
    return { bytes }
  },
})

const json = defineHandler({
  method: 'POST',
  url: '/json',
  auth: 'anonymous',
  summary: 'Takes JSON',
  schema: { body: Type.Object({}) },
  deps: {},
  handle: async () => undefined,
})

const tell = defineHandler({
  method: 'GET',
  url: '/tell/:name',
  auth: 'anonymous',
  summary: 'Tells',
  schema: { params: Type.Object({ name: Type.String() }) },
  deps: {},
  handle: async (_request, _deps, reply) => reply.send('told'),
})

const store = moduleOf('store', [upload, json, tell])
const start = (options: FixtureOptions = {}) => startHttp({ modules: [store], open: true, ...options })
const head = (line: string, ...headers: string[]) => [`${line} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n')
const auth = 'Authorization: Bearer ann:publish'

test('D-26: what smuggles requests is 400 with a problem document, and the connection ends', async () => {
  await using fixture = await start()
  const hostile = {
    'length and chunked': `${head('POST /json', 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    'two lengths': `${head('POST /json', 'Content-Length: 2', 'Content-Length: 3')}{}`,
    'listed lengths': `${head('POST /json', 'Content-Length: 2, 2')}{}`,
    'two hosts': head('GET /health', 'Host: y', 'Connection: close'),
    'not the last coding': `${head('POST /json', 'Transfer-Encoding: chunked, gzip')}0\r\n\r\n`,
    'folded header': head('GET /health', 'X-A: 1\r\n folded'),
    'NUL in a header': head('GET /health', 'X-A: a\0b'),
    'NUL in the path': head('GET /tell/a\0b'),
    'space before the colon': head('GET /health', 'Content-Length : 3'),
    'bare line feed': 'GET /health HTTP/1.1\nHost: x\n\n',
    'no HTTP at all': '\x16\x03\x01 hello',
  }
  const seen: Record<string, unknown> = {}
  for (const [name, bytes] of Object.entries(hostile)) {
    const { status, text, closed } = await sendRaw(fixture.port, bytes)
    seen[name] = [status, closed, text.includes('application/problem+json'), text.includes('nosniff')]
  }
  expect(seen).toEqual(Object.fromEntries(Object.keys(hostile).map((name) => [name, [400, true, true, true]])))
  expect((await fetch(`${fixture.address}/health`)).status).toBe(200)
})

test('hostile paths are 4xx and the process lives', async () => {
  await using fixture = await start()
  const paths = {
    [`/tell/${'a'.repeat(10_000)}`]: 414,
    [`/${'a'.repeat(10_000)}`]: 404,
    [`/tell/${'a'.repeat(20_000)}`]: 431,
    '/tell/%00': 400,
    '/tell/x?q=%00': 400,
    '/tell/%': 400,
    '/tell/%E0%A4%A': 400,
    '/%2e%2e%2fetc/passwd': 404,
    '/__proto__': 404,
    '/tell/../../x': 404,
    '/constructor?__proto__[x]=1': 404,
  }
  for (const [path, expected] of Object.entries(paths)) {
    const answer = await sendRaw(fixture.port, head(`GET ${path}`, 'Connection: close'))
    expect([path.slice(0, 40), answer.status]).toEqual([path.slice(0, 40), expected])
    expect(answer.text).toContain('application/problem+json')
    expect(answer.text).toMatch(/x-request-id: \S/)
  }
  expect((await fetch(`${fixture.address}/health`)).status).toBe(200)
})

test('D-15: more than 100 header lines are 431', async () => {
  await using fixture = await start()
  const lines = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: 1`)
  expect((await sendRaw(fixture.port, head('GET /health', ...lines(98), 'Connection: close'))).status).toBe(200)
  expect((await sendRaw(fixture.port, head('GET /health', ...lines(101), 'Connection: close'))).status).toBe(431)
})

test('D-26: with Expect, 401 and 413 come instead of 100 Continue, and the connection ends', async () => {
  await using fixture = await start()
  const expecting = (line: string, ...headers: string[]) => head(line, 'Expect: 100-continue', ...headers)
  const refused = await sendRaw(fixture.port, expecting('PUT /blobs/a', 'Content-Length: 10'), 2_500)
  expect([refused.status, refused.closed, refused.text.includes('100 Continue')]).toEqual([401, true, false])
  const big = await sendRaw(
    fixture.port,
    expecting('POST /json', 'Content-Type: application/json', 'Content-Length: 99999999', auth),
    2_500,
  )
  expect([big.status, big.closed, big.text.includes('100 Continue')]).toEqual([413, true, false])
})

test('with Expect, 100 Continue goes out when the handler reads', async () => {
  await using fixture = await start()
  const socket = connect(fixture.port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write(head('PUT /blobs/a', 'Expect: 100-continue', 'Content-Length: 5', auth))
  await until(() => text.startsWith('HTTP/1.1 100 Continue'))
  socket.write('hello')
  await until(() => text.includes('{"bytes":5}'))
  socket.destroy()
})

test('D-26: of the body of an unknown sender little more than 64 KiB is read, and the answer still arrives', async () => {
  await using fixture = await start()
  let taken = 0
  fixture.http.server.on('connection', (connection) => connection.on('close', () => (taken = connection.bytesRead)))
  for (const length of ['Content-Length: 50000000', 'Transfer-Encoding: chunked']) {
    const socket = connect(fixture.port, '127.0.0.1')
    let text = ''
    let closed = false
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      closed = true
    })
    socket.write(head('PUT /blobs/a', length))
    const part = Buffer.alloc(60_000, 'x')
    const chunk = length.startsWith('C') ? part : Buffer.concat([Buffer.from('ea60\r\n'), part, Buffer.from('\r\n')])
    for (let sent = 0; sent < 800 && !closed; sent += 1)
      if (!socket.write(chunk)) await Promise.race([sleep(50), new Promise((go) => socket.once('drain', go))])
    await until(() => closed && taken > 0)
    expect(text).toMatch(/^HTTP\/1\.1 401/)
    expect(text.toLowerCase()).toContain('connection: close')

    expect(taken).toBeLessThan(200_000)
    taken = 0
  }
})

test('D-26: an anonymous route takes no big body from strangers', async () => {
  await using fixture = await start()
  const post = (size: number, headers = {}) =>
    fetch(`${fixture.address}/json`, {
      method: 'POST',
      body: JSON.stringify({ x: 'x'.repeat(size) }),
      headers: { 'content-type': 'application/json', ...headers },
    })
  expect((await post(60_000)).status).toBe(200)
  expect((await post(70_000)).status).toBe(413)
  expect((await post(70_000, { authorization: 'Bearer ann:read' })).status).toBe(200)
})

test('a JSON body over the limit is 413 before it is parsed', async () => {
  await using fixture = await start({ settings: { jsonBodyLimit: 100_000 } })
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ann:read' }
  const answer = await fetch(`${fixture.address}/json`, { method: 'POST', body: JSON.stringify({ x: 'x'.repeat(200_000) }), headers })
  expect(await answer.json()).toMatchObject({ status: 413, code: 'request.too_large' })
})

test('a raw body streams whatever its type, or without one', async () => {
  await using fixture = await start()
  const put = (body: Buffer | string | null, headers = {}) =>
    fetch(`${fixture.address}/blobs/a`, { method: 'PUT', body, headers: { authorization: 'Bearer ann:publish', ...headers } })
  expect(await (await put(Buffer.alloc(3_000_000))).json()).toEqual({ bytes: 3_000_000 })
  expect(await (await put('{', { 'content-type': 'application/json' })).json()).toEqual({ bytes: 1 })
  expect(await (await put('x', { 'content-type': 'image/png' })).json()).toEqual({ bytes: 1 })
  expect(await (await put(null)).json()).toEqual({ bytes: 0 })
})

test('a handler that fails half way through a body can still answer', async () => {
  await using fixture = await start()
  const answer = await sendRaw(fixture.port, head('PUT /blobs/fail-early', 'Content-Length: 500000', auth) + 'x'.repeat(100_000), 2_500)
  expect([answer.status, answer.closed]).toEqual([507, true])
  expect(answer.text).toContain('storage.full')
})

test('D-16: a body that stops coming is 408, one that keeps coming may take as long as it likes (D-17)', async () => {
  await using fixture = await start({ settings: { bodyIdleTimeoutMs: 1_000 } })
  const stalled = await sendRaw(fixture.port, `${head('PUT /blobs/a', 'Content-Length: 5', auth)}he`, 3_000)
  expect([stalled.status, stalled.closed]).toEqual([408, true])
  expect(stalled.text).toContain('request.body_timeout')
  const slow = connect(fixture.port, '127.0.0.1')
  let text = ''
  slow.on('data', (chunk) => {
    text += chunk
  })
  slow.write(head('PUT /blobs/a', 'Content-Length: 5', auth))
  for (const letter of 'hello') {
    await sleep(500)
    slow.write(letter)
  }
  await until(() => text.includes('{"bytes":5}'))
  slow.destroy()
})

test('D-16: headers that do not come to an end are closed', async () => {
  await using fixture = await start({ settings: { headersTimeoutMs: 1_000 } })
  const answer = await sendRaw(fixture.port, 'GET /health HTTP/1.1\r\nHost: x\r\nX-A', 5_000)
  expect([answer.status, answer.closed]).toEqual([408, true])
})

test('a client that leaves in the middle of a body harms nobody and is logged', async () => {
  await using fixture = await start()
  const socket = connect(fixture.port, '127.0.0.1')
  socket.write(`${head('PUT /blobs/a', 'Content-Length: 500000', auth)}half`)
  await sleep(100)
  socket.destroy()
  await until(() => fixture.lines().some((line) => line['path'] === '/blobs/a' && line['aborted'] === true))
  expect((await fetch(`${fixture.address}/health`)).status).toBe(200)
})

test('a connection is kept after a small body nobody read', async () => {
  await using fixture = await start()
  const first = `${head('PUT /blobs/a', 'Content-Length: 5')}hello`
  const { text } = await sendRaw(fixture.port, first + head('GET /health', 'Connection: close'))
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200'])
})

test('a client that left before anything was sent is told apart from one that was answered', async () => {
  const asked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<undefined>()
  const late = defineHandler({
    ...{ method: 'GET', url: '/late', auth: 'anonymous', summary: 'Takes its time', schema: {}, deps: {} },
    handle() {
      asked.resolve()
      return answered.promise
    },
  })
  await using fixture = await startHttp({ modules: [moduleOf('late', [late])], open: true })
  const leaving = new AbortController()
  const answer = fetch(`${fixture.address}/late`, { signal: leaving.signal })
  await asked.promise
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await until(() => fixture.lines().some(({ path }) => path === '/late'))
  answered.resolve(undefined)
  expect(fixture.lines().find(({ path }) => path === '/late')).toMatchObject({ status: 499, aborted: true })
  const { body } = await fixture.http.inject('/metrics')
  expect(body).toContain('registry_http_requests_total{method="GET",route="/late",status="499"} 1')
})
