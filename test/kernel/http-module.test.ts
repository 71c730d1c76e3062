import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { DomainError } from '../../src/shared/errors/domain-error.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { requestContext } from '../../src/shared/kernel/request-context.ts'
import { moduleOf, startHttp } from '../support/http-fixture.ts'

class Gone extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'test.gone'
  override get details() {
    return { what: 'it' }
  }
  override get retryAfterSeconds() {
    return 1.5
  }
}

const open = defineHandler({
  method: 'GET',
  url: '/open/:n',
  auth: 'anonymous',
  summary: 'Open to all',
  schema: {
    params: Type.Object({ n: Type.Integer() }),
    querystring: Type.Object({
      text: Type.Optional(Type.String()),
      limit: Type.Integer({ default: 10, minimum: 1, maximum: 100 }),
      type: Type.Optional(Type.Array(Type.String())),
    }),
    response: {
      200: Type.Object({ n: Type.Integer(), limit: Type.Integer(), type: Type.Optional(Type.Array(Type.String())), who: Type.String() }),
    },
  },
  deps: {},
  handle: async ({ params, query, principal }) => ({ n: params.n, ...query, who: principal.username ?? 'nobody', secret: 'dropped' }),
})

const write = defineHandler({
  method: 'POST',
  url: '/write',
  auth: 'publish',
  summary: 'Write',
  schema: { body: Type.Object({ name: Type.String(), count: Type.Integer({ default: 3 }) }), response: { 200: Type.Unknown() } },
  deps: {},
  handle: async ({ body }) => ({ body, context: requestContext() }),
})

const fail = defineHandler({
  method: 'GET',
  url: '/fail',
  auth: 'anonymous',
  summary: 'Fails',
  schema: { querystring: Type.Object({ how: Type.String() }) },
  deps: {},
  handle: async ({ query }) => {
    if (query.how === 'gone') throw new Gone('it is gone')
    throw new Error('the password is hunter2')
  },
})

const rest = moduleOf('rest', [open, write, fail], { prefix: '/v1' })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('a handler gets typed parameters and its answer is cut to its schema', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  const answer = await fixture.http.inject({ url: '/v1/open/7?limit=5&type=a', headers: bearer('ann:read') })
  expect(answer.json()).toEqual({ n: 7, limit: 5, type: ['a'], who: 'ann' })
  expect(answer.headers['x-content-type-options']).toBe('nosniff')
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  expect((await fixture.http.inject('/v1/open/7?type=a&type=b')).json()).toEqual({ n: 7, limit: 10, type: ['a', 'b'], who: 'nobody' })
})

test('D-32: a list where a text is expected is 400, not the first of the list', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  for (const query of ['text=1&text=2', 'limit=1&limit=2', 'limit=', 'limit=ten', 'limit=101', 'how']) {
    const answer = await fixture.http.inject(`/v1/open/7?${query}`)
    expect([query, answer.statusCode]).toEqual([query, query === 'how' ? 200 : 400])
  }
  expect((await fixture.http.inject('/v1/open/seven')).json()).toMatchObject({ status: 400, code: 'request.invalid' })
})

test('bodies are taken as they are: no coercion, but defaults', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  const post = (payload: unknown) =>
    fixture.http.inject({ method: 'POST', url: '/v1/write', headers: bearer('ann:publish'), payload: payload as object })
  expect((await post({ name: 'x' })).json()).toMatchObject({ body: { name: 'x', count: 3 } })
  expect((await post({ name: 7 })).statusCode).toBe(400)
  expect((await post({ name: 'x', count: '3' })).statusCode).toBe(400)
  expect((await post({ name: 'x', more: 1 })).json()).toMatchObject({ body: { name: 'x', more: 1 } })
})

test('a missing body, another content type, and broken or hostile JSON are 4xx', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  const post = (payload: string | undefined, type = 'application/json') =>
    fixture.http.inject({
      method: 'POST',
      url: '/v1/write',
      headers: { ...bearer('ann:publish'), 'content-type': type },
      ...(payload !== undefined && { payload }),
    })
  expect((await post(undefined)).statusCode).toBe(400)
  expect((await post('name=x', 'application/x-www-form-urlencoded')).json()).toMatchObject({
    status: 415,
    code: 'request.unsupported_media_type',
  })
  const hostile = [
    '{',
    '{"name":"x","__proto__":{"isAdmin":true}}',
    '{"name":"x","a":[{"constructor":{"prototype":{"isAdmin":true}}}]}',
    '{"name":"\\u0000"}',
    '{"name":"\\ud800"}',
    `{"name":${'['.repeat(70)}${']'.repeat(70)}}`,
    `{"name":"x",${Array.from({ length: 10_001 }, (_, n) => `"k${n}":0`).join(',')}}`,
  ]
  for (const payload of hostile) expect((await post(payload)).json()).toMatchObject({ status: 400, code: 'request.invalid_json' })
  expect((await post('{"name":"x"}', 'application/vnd.acme.thing+json; charset=utf-8')).statusCode).toBe(200)
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
})

test('an anonymous caller of a guarded route gets 401 with both challenges, a weak scope gets 403', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  const anonymous = await fixture.http.inject({ method: 'POST', url: '/v1/write', payload: {} })
  expect(anonymous.statusCode).toBe(401)
  expect(anonymous.json()).toMatchObject({ code: 'auth.required', details: {} })
  expect(anonymous.headers['www-authenticate']).toEqual(['Basic realm="gati", charset="UTF-8"', 'Bearer realm="gati"'])
  const weak = await fixture.http.inject({ method: 'POST', url: '/v1/write', payload: {}, headers: bearer('ann:read') })
  expect(weak.json()).toMatchObject({ status: 403, code: 'auth.insufficient_scope', details: { required: 'publish', granted: ['read'] } })
  const strong = await fixture.http.inject({ method: 'POST', url: '/v1/write', payload: { name: 'x' }, headers: bearer('ann:admin') })
  expect(strong.statusCode).toBe(200)
})

test('a bad credential is refused even where none is needed, and the authenticator is asked once', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  const answer = await fixture.http.inject({ url: '/v1/open/7', headers: bearer('bad') })
  expect(answer.json()).toMatchObject({ status: 401, code: 'auth.invalid_credential' })
  expect(fixture.authenticator.asked).toBe(1)
})

test('the context of a request follows it, with its ids, its caller and its address', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const headers = { ...bearer('ann:publish'), 'x-request-id': 'abc-1', traceparent: trace, 'x-forwarded-for': '9.9.9.9' }
  const answer = await fixture.http.inject({ method: 'POST', url: '/v1/write', payload: { name: 'x' }, headers })
  expect(answer.headers['x-request-id']).toBe('abc-1')
  const client = { ip: '127.0.0.1', userAgent: 'lightMyRequest' }
  expect(answer.json().context).toEqual({ requestId: 'abc-1', trace, actor: 'ann', door: 'rest', ...client })
})

test('a request id that is not harmless is replaced', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  for (const given of ['a b', '<script>', 'x'.repeat(129)]) {
    const answer = await fixture.http.inject({ url: '/health', headers: { 'x-request-id': given } })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  }
})

test('D-20: only hops of trusted proxies are believed, right-most first', async () => {
  await using fixture = await startHttp({ modules: [rest], settings: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } })
  const ipOf = async (forwarded: string) => {
    const headers = { ...bearer('ann:publish'), 'x-forwarded-for': forwarded }
    return (await fixture.http.inject({ method: 'POST', url: '/v1/write', payload: { name: 'x' }, headers })).json().context.ip
  }
  expect(await ipOf('6.6.6.6, 9.9.9.9, 10.1.2.3')).toBe('9.9.9.9')
  expect(await ipOf('6.6.6.6, <script>')).toBe('127.0.0.1')
})

test('a failure that is meant for callers is a problem document with all members', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  const answer = await fixture.http.inject({ url: '/v1/fail?how=gone', headers: { 'x-request-id': 'r1' } })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.headers['retry-after']).toBe('2')
  expect(answer.json()).toEqual({
    type: 'urn:registry:test.gone',
    title: 'it is gone',
    status: 503,
    code: 'test.gone',
    message: 'it is gone',
    details: { what: 'it' },
    suggestions: [],
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    requestId: 'r1',
  })
})

test('a bug is a bare 500 for the caller and a full error in the log', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  const answer = await fixture.http.inject('/v1/fail?how=bug')
  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('hunter2')
  expect(fixture.lines().at(-1)).toMatchObject({ level: 'error', status: 500, err: { message: 'the password is hunter2' } })
})

test('an unknown route and an unknown method are problem documents, and nobody is asked who calls', async () => {
  await using fixture = await startHttp({ modules: [rest] })
  expect((await fixture.http.inject('/nowhere')).json()).toMatchObject({ status: 404, code: 'request.not_found' })
  expect((await fixture.http.inject({ method: 'DELETE', url: '/v1/write' })).json()).toMatchObject({ status: 404 })
  expect(fixture.authenticator.asked).toBe(0)
})

test('a door renders its own errors and challenge, inside its mount only', async () => {
  const door = moduleOf('door', [{ ...write, url: '/write' }], {
    prefix: '/v2',
    renderError: (problem, reply) => reply.send({ errors: [{ code: problem.code }] }),
    challenge: () => 'Bearer realm="http://x/v2/token"',
  })
  await using fixture = await startHttp({ modules: [door, rest] })
  const answer = await fixture.http.inject({ method: 'POST', url: '/v2/write', payload: {} })
  expect(answer.headers['www-authenticate']).toBe('Bearer realm="http://x/v2/token"')
  expect(answer.json()).toEqual({ errors: [{ code: 'auth.required' }] })
  expect((await fixture.http.inject('/v2/unknown')).json()).toEqual({ errors: [{ code: 'request.not_found' }] })
  expect((await fixture.http.inject({ method: 'POST', url: '/v1/write', payload: {} })).json()).toMatchObject({ code: 'auth.required' })
})

test('a route added in `prepare` without auth stops the mount', async () => {
  const careless = moduleOf('careless', [], { prepare: (scope) => void scope.get('/careless', async () => 'hello') })
  await expect(startHttp({ modules: [careless] })).rejects.toThrow('module careless: route GET /careless does not name its auth')
})
