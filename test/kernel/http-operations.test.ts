import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { closeGracefully } from '../../src/shared/kernel/http-listen.ts'
import { publicUrl } from '../../src/shared/kernel/http-public-url.ts'
import type { Health } from '../../src/shared/kernel/module.ts'
import { startTracing } from '../../src/shared/kernel/tracing.ts'
import { moduleOf, startHttp, until } from '../support/http-fixture.ts'

const slow = defineHandler({
  method: 'GET',
  url: '/slow/:ms',
  auth: 'anonymous',
  summary: 'Slow',
  tags: ['sleep'],
  schema: { params: Type.Object({ ms: Type.Integer() }), response: { 200: Type.Object({ slept: Type.Integer() }) } },
  deps: {},
  handle: async ({ params: { ms } }) => {
    await sleep(ms)
    return { slept: ms }
  },
})

const upload = defineHandler({
  method: 'PUT',
  url: '/upload',
  auth: 'publish',
  summary: 'Upload',
  rawBody: true,
  schema: {},
  deps: {},
  handle: async (_request, _deps, reply) => reply.send('ok'),
})

const broken = defineHandler({
  method: 'GET',
  url: '/broken',
  auth: 'anonymous',
  summary: 'Breaks in the middle',
  schema: {},
  deps: {},
  handle: async (_request, _deps, reply) =>
    reply.type('text/plain').send(
      Readable.from(
        (async function* () {
          yield 'some'
          await sleep(20)
          throw new Error('disk on fire')
        })(),
      ),
    ),
})

const stream = defineHandler({
  method: 'GET',
  url: '/stream',
  auth: 'anonymous',
  summary: 'Streams',
  schema: {},
  deps: {},
  handle: async (_request, _deps, reply) => reply.type('text/plain').send(Readable.from(['so', 'me'])),
})

const things = moduleOf('things', [slow, upload, broken, stream], { prefix: '/v1' })

test('/health says who it is and asks nobody', async () => {
  await using fixture = await startHttp({})
  fixture.readiness.add('database', () => Promise.reject(new Error('down')))
  const answer = await fixture.http.inject('/health')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ status: 'ok', service: 'gati-registry', version: '1.2.3', timestamp: expect.any(String) })
})

test('D-19: what a module serves without leaves it ready, degraded, until something else is down too', async () => {
  await using fixture = await startHttp({})
  fixture.readiness.add('search', async () => ({ status: 'down', reason: 'answered elsewhere', isOptional: true }))
  const degraded = await fixture.http.inject('/ready')
  expect(degraded.statusCode).toBe(200)
  expect(degraded.json()).toEqual({ status: 'degraded', checks: { search: { status: 'down', reason: 'answered elsewhere' } } })
  fixture.readiness.add('database', async () => ({ status: 'down', reason: 'gone' }))
  expect((await fixture.http.inject('/ready')).statusCode).toBe(503)
})

test('D-19: /ready names what is down, hides why when it threw, and waits at most a second', async () => {
  await using fixture = await startHttp({})
  fixture.readiness.add('cache', async () => ({ status: 'up' }))
  expect((await fixture.http.inject('/ready')).json()).toEqual({ status: 'ready', checks: { cache: { status: 'up' } } })
  fixture.readiness.add('search', async () => ({ status: 'down', reason: 'no index' }))
  fixture.readiness.add('database', () => Promise.reject(new Error('password=hunter2')))
  fixture.readiness.add('blobs', () => new Promise(() => {}))
  const startedAt = Date.now()
  const answer = await fixture.http.inject('/ready')
  expect(Date.now() - startedAt).toBeLessThan(2_000)
  expect(answer.statusCode).toBe(503)
  expect(answer.json()).toEqual({
    status: 'unavailable',
    checks: {
      cache: { status: 'up' },
      search: { status: 'down', reason: 'no index' },
      database: { status: 'down', reason: 'the check failed' },
      blobs: { status: 'down', reason: 'no answer within 1 s' },
    },
  })
  fixture.readiness.stopping()
  fixture.readiness.started()
  expect((await fixture.http.inject('/ready')).json()).toMatchObject({ status: 'stopping' })
})

test('D-19: what the registry does without while it is down is shown, and /ready stays 200', async () => {
  await using fixture = await startHttp({})
  let database: Health = { status: 'up' }
  fixture.readiness.add('database', async () => database)
  fixture.readiness.addOptional('redis', async () => ({ status: 'down', reason: 'no answer' }))
  fixture.readiness.started()
  const ask = async () => {
    const answer = await fixture.http.inject('/ready')
    return [answer.statusCode, answer.json().status, answer.json().checks]
  }
  const redis = { status: 'down', reason: 'no answer' }
  expect(await ask()).toEqual([200, 'degraded', { database: { status: 'up' }, redis }])
  const { isOptional } = fixture.readiness
  expect([isOptional('redis', { status: 'up' }), isOptional('database', database)]).toEqual([true, false])
  expect(isOptional('search', { status: 'down', reason: 'no answer', isOptional: true })).toBe(true)
  database = { status: 'down', reason: 'no answer' }
  expect(await ask()).toEqual([503, 'unavailable', { database, redis }])
})

test('/metrics counts requests by route, never by path', async () => {
  await using fixture = await startHttp({ modules: [things] })
  await fixture.http.inject('/v1/slow/1')
  await fixture.http.inject('/v1/slow/2')
  await fixture.http.inject('/no/such/path')
  const { body, headers } = await fixture.http.inject('/metrics')
  expect(headers['content-type']).toMatch(/^text\/plain; version=0.0.4/)
  expect(body).toContain('registry_http_requests_total{method="GET",route="/v1/slow/:ms",status="200"} 2')
  expect(body).toContain('route="unmatched",status="404"} 1')
  expect(body).toContain('registry_http_request_duration_seconds_bucket{le="0.25",method="GET",route="/v1/slow/:ms"} 2')
  expect(body).toContain('registry_http_requests_in_flight 1')
  expect(body).toMatch(/process_resident_memory_bytes \d{7,}/)
  expect(body).not.toContain('/no/such/path')
})

test('/openapi.json describes every handler with its security, its bytes and problems by default', async () => {
  await using fixture = await startHttp({ modules: [things] })
  const answer = await fixture.http.inject('/openapi.json')
  const document = answer.json()
  expect(document.openapi).toBe('3.1.0')
  expect(document.info).toMatchObject({ title: 'Gati Registry', version: '1.2.3' })
  const slept = document.paths['/v1/slow/{ms}'].get
  expect(slept).toMatchObject({
    summary: 'Slow',
    tags: ['sleep'],
    operationId: 'get_v1_slow_ms',
    security: [{}, { bearer: [] }, { basic: [] }],
  })
  expect(slept.responses['200'].content['application/json'].schema.properties).toEqual({ slept: { type: 'integer' } })
  expect(slept.responses.default.content['application/problem+json'].schema.$ref).toBe('#/components/schemas/Problem')
  expect(document.components.schemas.Problem.required).toContain('requestId')
  expect(Object.keys(document.components.securitySchemes)).toEqual(['bearer', 'basic'])
  const put = document.paths['/v1/upload'].put
  expect(put.security).toEqual([{ bearer: [] }, { basic: [] }])
  expect(put.requestBody.content['application/octet-stream'].schema).toEqual({ type: 'string', format: 'binary' })
  const etag = String(answer.headers['etag'])
  expect((await fixture.http.inject({ url: '/openapi.json', headers: { 'if-none-match': etag } })).statusCode).toBe(304)
})

test('/docs is a page that loads nothing from elsewhere', async () => {
  await using fixture = await startHttp({ modules: [things] })
  expect((await fixture.http.inject('/docs')).headers['location']).toBe('/docs/')
  const page = await fixture.http.inject('/docs/')
  expect(page.headers['content-type']).toMatch(/^text\/html/)
  expect(page.body).toContain('js/scalar.js')
  expect(page.body).not.toMatch(/<(script|link)[^>]+(src|href)="(https?:)?\/\//)
  expect(page.headers['content-security-policy']).toMatch(/script-src 'self' 'sha256-/)
  const script = await fixture.http.inject('/docs/js/scalar.js')
  expect(gunzipSync(script.rawPayload).length).toBeGreaterThan(1_000_000)
})

test('there is one log line per request, without queries and secrets', async () => {
  await using fixture = await startHttp({ modules: [things], open: true })
  const headers = {
    authorization: 'Bearer ann:read',
    'x-request-id': 'r1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }
  await fetch(`${fixture.address}/v1/slow/1?token=hunter2`, { headers })
  await until(() => fixture.lines().some(({ requestId }) => requestId === 'r1'))
  expect(fixture.lines().filter(({ requestId }) => requestId === 'r1')).toEqual([
    {
      level: 'info',
      time: expect.any(String),
      service: 'gati-registry',
      requestId: 'r1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      method: 'GET',
      path: '/v1/slow/1',
      status: 200,
      durationMs: expect.any(Number),
      user: 'ann',
      ip: '127.0.0.1',
      msg: 'request',
    },
  ])
  expect(fixture.logText()).not.toMatch(/hunter2|ann:read/)
})

test('an answer that breaks in the middle is cut, and logged with its error', async () => {
  await using fixture = await startHttp({ modules: [things], open: true })
  const answer = await fetch(`${fixture.address}/v1/broken`)
  await expect(answer.text()).rejects.toThrow()
  await until(() => fixture.lines().some(({ path }) => path === '/v1/broken'))
  expect(fixture.lines().find(({ path }) => path === '/v1/broken')).toMatchObject({
    level: 'error',
    err: { message: 'disk on fire' },
    aborted: true,
  })
})

test('HEAD of a stream, and a stream through inject, work as well', async () => {
  await using fixture = await startHttp({ modules: [things] })
  expect((await fixture.http.inject({ method: 'HEAD', url: '/v1/stream' })).statusCode).toBe(200)
  expect((await fixture.http.inject('/v1/stream')).body).toBe('some')
})

test('a graceful stop finishes what is in flight, refuses what is new, and does not wait for idle connections', async () => {
  const fixture = await startHttp({ modules: [things], open: true })
  await fetch(`${fixture.address}/health`)
  const inFlight = fetch(`${fixture.address}/v1/slow/400`)
  await sleep(100)
  const startedAt = Date.now()
  const stopped = closeGracefully(fixture.http, 5_000)
  await sleep(50)
  await expect(fetch(`${fixture.address}/health`, { headers: { connection: 'close' } })).rejects.toThrow()
  expect(await (await inFlight).json()).toEqual({ slept: 400 })
  expect(await stopped).toBe(true)
  expect(Date.now() - startedAt).toBeLessThan(2_000)
})

test('a graceful stop destroys what is still in flight at the limit', async () => {
  const fixture = await startHttp({ modules: [things], open: true })
  const inFlight = fetch(`${fixture.address}/v1/slow/5000`)
  const failed = expect(inFlight).rejects.toThrow()
  await sleep(100)
  const startedAt = Date.now()
  expect(await closeGracefully(fixture.http, 300)).toBe(false)
  await failed
  expect(Date.now() - startedAt).toBeLessThan(2_000)
})

test('with a certificate the server speaks HTTPS', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gati-tls-'))
  try {
    const [tlsKey, tlsCert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=localhost']
    execFileSync('openssl', ['req', ...subject, '-keyout', tlsKey, '-out', tlsCert], { stdio: 'ignore' })
    await using fixture = await startHttp({ open: true, settings: { tlsKey, tlsCert } })
    expect(fixture.address).toMatch(/^https:/)
    const status = await new Promise((resolve, reject) => {
      httpsRequest(`${fixture.address}/health`, { rejectUnauthorized: false, agent: false }, (answer) =>
        resolve(answer.resume().statusCode),
      )
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a TLS file that cannot be read, or is none, stops the boot and is named with its setting and variable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gati-tls-'))
  try {
    const [tlsKey, tlsCert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const boot = () => startHttp({ settings: { tlsKey, tlsCert } })
    await expect(boot()).rejects.toThrow(`kernel /tlsCert: ${tlsCert} cannot be read: ENOENT (REGISTRY_TLS_CERT)`)
    await expect(boot()).rejects.toThrow(`kernel /tlsKey: ${tlsKey} cannot be read: ENOENT (REGISTRY_TLS_KEY)`)
    await Promise.all([tlsKey, tlsCert].map((file) => writeFile(file, 'hello')))
    await expect(boot()).rejects.toThrow(/kernel \/tlsCert: .*cert\.pem and .*key\.pem are no certificate with its key.*REGISTRY_TLS_CERT/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('D-25: links come from the public URL, or from the address, never from Host', () => {
  expect(publicUrl({ publicUrl: 'https://gati.example/' }, 'http://127.0.0.1:1')).toBe('https://gati.example')
  expect(publicUrl({ publicUrl: '' }, 'http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080')
})

test('a span with the route reaches the collector, inside the trace of the caller', async () => {
  const received: string[] = []
  const collector = createServer((request, answer) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      received.push(`${request.url} ${text}`)
      answer.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  try {
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
    const tracing = await startTracing({ endpoint, version: '1.2.3' })
    await using fixture = await startHttp({ modules: [things], tracing })
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-request-id': 'r7', authorization: 'Bearer ann:read' }
    await fixture.http.inject({ url: '/v1/slow/1?token=hunter2', headers })
    await tracing.run({ name: 'effect search.index', kind: 'consumer', parent: headers.traceparent }, async (span) => {
      expect(span.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`))
    })
    await tracing.stop()
    const all = received.join('\n')
    expect(all).toMatch(/^\/v1\/traces /)
    const spans = received.flatMap((text) =>
      JSON.parse(text.slice(text.indexOf('{'))).resourceSpans.flatMap(({ scopeSpans }: never) =>
        (scopeSpans as { spans: unknown[] }[]).flatMap(({ spans }) => spans),
      ),
    )
    expect(spans.map(({ name }) => name)).toEqual(['GET /v1/slow/:ms', 'effect search.index'])
    expect(spans[0]).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', kind: 2 })
    const attributes = Object.fromEntries(
      spans[0].attributes.map(({ key, value }: { key: string; value: object }) => [key, Object.values(value)[0]]),
    )
    expect(attributes).toMatchObject({
      'http.route': '/v1/slow/:ms',
      'url.path': '/v1/slow/1',
      'registry.request_id': 'r7',
      'user.name': 'ann',
      'http.response.status_code': 200,
    })
    expect(all).not.toContain('hunter2')
  } finally {
    collector.close()
  }
})
