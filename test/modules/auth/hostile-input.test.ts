import { expect, test } from 'vitest'
import { handlers } from '../../../src/modules/auth/handlers.ts'
import { actions, asAdmin, bearer, call, createToken, register, startAuth } from './support.ts'

const hostileNames = [
  '..%2fx',
  '%2e%2e',
  '%2e%2e%2f%2e%2e',
  'a%00b',
  '%d0%b0nn',
  'A',
  'a%20b',
  '%27%20or%201%3D1',
  `a${'a'.repeat(900)}`,
  'a'.repeat(10_000),
  '%',
  '-',
]
const hostileBodies = [
  [],
  'text',
  1,
  null,
  { $where: 1 },
  { username: ['a'], password: { x: 1 }, email: 1, name: 7, scopes: 'read', refreshToken: [] },
]

const methodsOf = (method: string | string[]) => [method].flat()

test('D-32 every route answers hostile names with 4xx, stores nothing and lives on', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const before = await actions(kernel)
  for (const { method, url } of handlers.filter((handler) => handler.url.includes(':'))) {
    for (const name of hostileNames) {
      const answer = await call(kernel, `${methodsOf(method)[0]} ${url.replaceAll(/:\w+/g, name)}`, { as: asAdmin })
      expect(answer.statusCode, `${method} ${url} ${name.slice(0, 30)}`).toBeGreaterThanOrEqual(400)
      expect(answer.statusCode, `${method} ${url} ${name.slice(0, 30)} ${answer.body}`).toBeLessThan(500)
    }
  }
  expect(await actions(kernel)).toEqual(before)
})

test('D-32 every route with a body answers wrong types with 400', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const routes = [
    'POST /v1/users',
    'PATCH /v1/users/me',
    'PATCH /v1/users/ann',
    'POST /v1/auth/login',
    'POST /v1/auth/refresh',
    'POST /v1/tokens',
  ]
  const inside = [
    'POST /v1/organizations',
    'PATCH /v1/organizations/acme',
    'POST /v1/organizations/acme/teams',
    'PATCH /v1/organizations/acme/teams/x',
  ]
  for (const route of [...routes, ...inside]) {
    const [method = '', url = ''] = route.split(' ')
    for (const body of hostileBodies) {
      const headers = { authorization: asAdmin, 'content-type': 'application/json' }
      const answer = await kernel.http.inject({ method: method as 'POST', url, headers, payload: JSON.stringify(body) })
      expect(answer.statusCode, `${route} ${JSON.stringify(body)}`).toBe(400)
      expect(answer.headers['content-type']).toContain('application/problem+json')
    }
  }
})

test('D-32 query parameters are typed: lists and texts where a number or one text is expected', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  for (const url of ['/v1/users', '/v1/tokens', '/v1/organizations', '/v1/audit'])
    for (const query of [
      'limit=0',
      'limit=1001',
      'limit=x',
      'limit=1&limit=2',
      'cursor=%00',
      'cursor=..%2f',
      'cursor=YQ&cursor=Yg',
      `cursor=${'a'.repeat(5_000)}`,
    ])
      expect((await call(kernel, `GET ${url}?${query}`, { as: asAdmin })).statusCode, `${url} ${query.slice(0, 40)}`).toBe(400)
})

test('every route that needs a credential answers 401 without and 403 with too little scope', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const { token } = await createToken(kernel, ann, { scopes: ['read'] })
  const guarded = handlers.filter(({ auth }) => auth !== 'anonymous')
  expect(guarded.length).toBeGreaterThan(15)
  for (const { method, url, auth } of guarded) {
    const route = `${methodsOf(method)[0]} ${url.replaceAll(/:id/g, '00000000-0000-7000-8000-000000000000').replaceAll(/:\w+/g, 'ann')}`
    expect((await call(kernel, route)).statusCode, route).toBe(401)
    if (auth === 'admin') expect((await call(kernel, route, { as: bearer(token) })).statusCode, route).toBe(403)
  }
})

test('an authorization header of any shape is answered, fast and never with 500', async () => {
  await using kernel = await startAuth()
  const headers = [
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'Basic',
    'Basic ====',
    `Bearer ${'a'.repeat(9_000)}`,
    `Basic ${'A'.repeat(8_000)}`,
    'Bearer a b',
    'bearer ..',
    'Bearer é',
    'Basic Og==',
  ]
  for (const header of headers) {
    const startedAt = performance.now()
    const answer = await call(kernel, 'GET /v1/auth/whoami', { as: header })
    expect(answer.statusCode, header.slice(0, 30)).toBe(401)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  }
})
