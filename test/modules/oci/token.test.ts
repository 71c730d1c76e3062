import { Type } from '@sinclair/typebox'
import fc from 'fast-check'
import type { LightMyRequestResponse } from 'fastify'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { Authorizer, DoorTokens } from '../../../src/modules/auth/contract.ts'
import auth from '../../../src/modules/auth/module.ts'
import { Catalog, type PublishTarget } from '../../../src/modules/metadata/contract.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { renderError } from '../../../src/modules/oci/render-error.ts'
import { challenge } from '../../../src/modules/oci/token/challenge.ts'
import { tokenHandlers } from '../../../src/modules/oci/token/handlers.ts'
import { requireAccess, requireCatalogAccess } from '../../../src/modules/oci/token/require-access.ts'
import { parseScopes } from '../../../src/modules/oci/token/scope-grammar.ts'
import { CacheNamespaces } from '../../../src/modules/oci/upstream/upstreams.ts'
import { defineHandler } from '../../../src/shared/kernel/handler.ts'
import { AuthRequired } from '../../../src/shared/kernel/http-errors.ts'
import { defineModule } from '../../../src/shared/kernel/module.ts'
import { openRegistry } from '../metadata/open-registry.ts'

const password = 'correct horse battery'
const basic = (username: string, secret = password) => `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`

/** Stands for the routes of the door: refuses what the token is not for, and whoever is unknown. */
const probe = defineHandler({
  method: ['GET', 'POST', 'PUT', 'DELETE'],
  url: '/v2/*',
  auth: 'anonymous',
  summary: 'probe',
  schema: {},
  deps: {},
  async handle({ principal, url }, _deps, reply) {
    if (url.startsWith('/v2/_catalog')) requireCatalogAccess(principal)
    else if (url !== '/v2/') requireAccess(principal, { namespace: 'ann', name: 'app' }, 'publish')
    if (principal.userId === undefined) throw new AuthRequired()
    return reply.send({ user: principal.username })
  },
})
const tokenDoor = defineModule({
  name: 'token-door',
  description: 'The token flow alone',
  config: Type.Object({}),
  deps: { doorTokens: DoorTokens, authorizer: Authorizer, catalog: Catalog },
  provides: { caches: CacheNamespaces },
  setup: () => ({ caches: new Set<string>() }),
  handlers: [...tokenHandlers, probe],
  http: { renderError, challenge },
})

const oci = (name: string, namespace = 'ann'): PublishTarget => ({ namespace, name, format: 'oci', type: 'module-oci' })

/** ann owns a public and a private repository; bob has nothing to do with them. */
async function openTokens() {
  const registry = await openRegistry({
    modules: [auth, metadata, tokenDoor],
    kernel: { publicUrl: 'https://registry.example.org' },
  })
  const ann = await registry.user('ann')
  await registry.user('bob')
  for (const name of ['app', 'secret', 'deep/er']) await registry.publish(ann, oci(name))
  for (const [url, visibility] of [
    ['/v1/namespaces/ann', 'public'],
    ['/v1/artifacts/ann/secret', 'private'],
  ] as const)
    expect((await registry.request('PATCH', url, { as: 'ann', body: { visibility } })).statusCode).toBe(200)
  const get = (query: string, authorization?: string) =>
    registry.kernel.http.inject({ url: `/v2/token?service=registry.example.org&${query}`, headers: authorization ? { authorization } : {} })
  const form = (fields: Record<string, string> | string, contentType = 'application/x-www-form-urlencoded') =>
    registry.kernel.http.inject({
      method: 'POST',
      url: '/v2/token',
      headers: { 'content-type': contentType },
      payload: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
    })
  const send = (route: string, authorization?: string) => {
    const [method = 'GET', url = '/'] = route.split(' ')
    return registry.kernel.http.inject({ method: method as 'GET', url, headers: authorization ? { authorization } : {} })
  }
  return { ...registry, get, form, send }
}

interface Answer {
  readonly token: string
  readonly access_token: string
  readonly refresh_token?: string
  readonly scope?: string
}
/** `name: actions` of what was granted. */
function granted(answer: LightMyRequestResponse): Record<string, string> {
  expect(answer.statusCode, answer.body).toBe(200)
  const { access } = decodeJwt<{ access: { name: string; actions: string[] }[] }>(answer.json<Answer>().token)
  return Object.fromEntries(access.map(({ name, actions }) => [name, actions.join()]))
}
const challengeOf = (answer: LightMyRequestResponse) => {
  expect(answer.statusCode, answer.body).toBe(401)
  expect(answer.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] })
  return answer.headers['www-authenticate']
}
const realm = 'Bearer realm="https://registry.example.org/v2/token",service="registry.example.org"'

test('GET answers the permitted part of what is asked, to anonymous callers too', async () => {
  const registry = await openTokens()
  await using _ = registry
  const { get } = registry
  const both = 'scope=repository:ann/app:pull,push&scope=repository:ann/secret:pull'
  expect(granted(await get(both))).toEqual({ 'ann/app': 'pull' })
  expect(granted(await get(both, basic('bob')))).toEqual({ 'ann/app': 'pull' })
  expect(granted(await get(both, basic('ann')))).toEqual({ 'ann/app': 'pull,push', 'ann/secret': 'pull' })
  expect(granted(await get('scope=repository:ann/app:delete%20repository:ann/deep/er:*', basic('ann')))).toEqual({
    'ann/app': 'pull,push,*',
    'ann/deep/er': 'pull,push,*',
  })
  expect(granted(await get('scope=repository(plugin):ann/app:pull&scope=registry:catalog:*&scope=other:x:y'))).toEqual({
    'ann/app': 'pull',
    catalog: 'pull',
  })
  expect(granted(await get('scope=repository:ann/fresh:pull,push', basic('ann')))).toEqual({ 'ann/fresh': 'pull,push' })
  expect(granted(await get('scope=repository:fresh:pull,push', basic('bob')))).toEqual({ 'library/fresh': 'pull,push' })
  expect(granted(await get('scope=repository:npm/ann/fresh:pull,push', basic('ann')))).toEqual({})
  const plain = await get('offline_token=true&client_id=docker&account=ann', basic('ann'))
  expect(plain.json()).toEqual({
    token: expect.any(String),
    access_token: plain.json<Answer>().token,
    expires_in: 300,
    issued_at: expect.stringMatching(/Z$/),
  })
  expect(plain.headers['cache-control']).toBe('no-store')
})

test('a private repository and an absent one give the same answer to those without rights', async () => {
  const registry = await openTokens()
  await using _ = registry
  const { get } = registry
  for (const as of [undefined, basic('bob')])
    for (const repository of ['ann/secret', 'ann/absent', 'nobody/app', 'npm/ann/secret', 'ann/absent/deep'])
      expect(granted(await get(`scope=repository:${repository}:pull,push,delete,*`, as)), repository).toEqual({})
})

test('a limited API token as the password of docker login gets no more than it is good for, and none after it was revoked', async () => {
  const registry = await openTokens()
  await using _ = registry
  const { get, request, send, form } = registry
  const created = await request('POST', '/v1/tokens', { as: 'ann', body: { name: 'ci', scopes: ['read'], artifacts: ['ann/secret'] } })
  const { token, id } = created.json<{ token: string; id: string }>()
  const asked = 'scope=repository:ann/app:pull,push&scope=repository:ann/secret:pull,push&scope=repository:ann/fresh:pull,push'
  const answer = await get(asked, basic('ann', token))
  expect(granted(answer)).toEqual({ 'ann/app': 'pull', 'ann/secret': 'pull' })
  const as = `Bearer ${answer.json<Answer>().token}`
  expect((await send('GET /v2/', as)).json()).toEqual({ user: 'ann' })
  await request('DELETE', `/v1/tokens/${id}`, { as: 'ann' })
  expect(challengeOf(await send('GET /v2/', as))).toBe(`${realm},error="invalid_token"`)
  expect(challengeOf(await get(asked, basic('ann', token)))).toMatch(/^Basic /)
  expect(challengeOf(await form({ grant_type: 'refresh_token', refresh_token: token, service: 'x' }))).toMatch(/^Basic /)
})

test('POST takes the forms that docker, oras and containerd send', async () => {
  const registry = await openTokens()
  await using _ = registry
  const { form, request, sql } = registry
  const service = 'registry.example.org'
  const scope = 'repository:ann/secret:pull,push repository:ann/app:pull'
  const containerd = await form({ grant_type: 'password', client_id: 'containerd-client', service, scope, username: 'ann', password })
  expect(granted(containerd)).toEqual({ 'ann/secret': 'pull,push', 'ann/app': 'pull' })
  expect(containerd.json<Answer>()).toMatchObject({ scope })
  expect(containerd.json<Answer>().refresh_token).toBeUndefined()
  const docker = await form({ grant_type: 'password', access_type: 'offline', client_id: 'docker', service, username: 'ann', password })
  const { refresh_token } = docker.json<Answer>()
  const [kept] = await sql<{ name: string; scopes: string[]; days: number }>`
    select name, scopes, extract(day from expires_at - now())::integer as days from tokens`
  expect(kept).toEqual({ name: 'docker login docker', scopes: ['read', 'publish', 'admin'], days: 89 })
  const again = await form({ grant_type: 'refresh_token', refresh_token: refresh_token ?? '', client_id: 'docker', service, scope })
  expect(granted(again)).toEqual({ 'ann/secret': 'pull,push', 'ann/app': 'pull' })
  expect(again.json<Answer>().refresh_token).toBeUndefined()
  const oras = await form({ grant_type: 'refresh_token', refresh_token: refresh_token ?? '', client_id: 'oras-go', service })
  expect(granted(oras)).toEqual({})
  const withToken = await form({ grant_type: 'password', access_type: 'offline', service, username: 'ann', password: refresh_token ?? '' })
  expect(withToken.json<Answer>().refresh_token).toBe(refresh_token)
  expect((await request('GET', '/v1/tokens', { as: 'ann' })).json<{ items: unknown[] }>().items).toHaveLength(1)
})

test('POST refuses other grants, wrong credentials and what is no form', async () => {
  const registry = await openTokens()
  await using _ = registry
  const { form } = registry
  for (const fields of [{ grant_type: 'authorization_code' }, { grant_type: '' }, { scope: 'repository:ann/app:pull' }]) {
    const answer = await form(fields as Record<string, string>)
    expect([answer.statusCode, answer.json()]).toEqual([400, { error: 'unsupported_grant_type' }])
  }
  expect(challengeOf(await form({ grant_type: 'password', username: 'ann', password: 'wrong' }))).toMatch(/^Basic /)
  expect(challengeOf(await form({ grant_type: 'password', username: 'nobody', password }))).toMatch(/^Basic /)
  for (const refresh_token of ['x', 'gati_x', `gatr_${'0'.repeat(49)}`])
    challengeOf(await form({ grant_type: 'refresh_token', refresh_token }))
  const malformed: [string, string?][] = [
    ['grant_type=password&username=ann'],
    ['grant_type=password&username=ann&username=bob&password=x'],
    ['grant_type=password&username=ann%00&password=x'],
    ['grant_type=refresh_token'],
    ['grant_type=password&username=ann&password=x&scope=nonsense'],
    ['{"grant_type":"password"}', 'application/json'],
    ['grant_type=password', 'application/x-www-form-urlencoded-not'],
  ]
  for (const [body, type] of malformed) expect((await form(body, type)).statusCode, body).toBe(400)
  expect((await form(`grant_type=password&username=ann&password=${'x'.repeat(70_000)}`)).statusCode).toBe(413)
})

test('D-20 ten wrong passwords at either method close the name', async () => {
  const registry = await openTokens()
  await using _ = registry
  const { get, form } = registry
  const statuses = []
  for (let attempt = 0; attempt < 6; attempt++) {
    statuses.push((await get('scope=repository:ann/app:pull', basic('ann', `wrong ${attempt}`))).statusCode)
    statuses.push((await form({ grant_type: 'password', username: 'ann', password: `wrong ${attempt}` })).statusCode)
  }
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
})

test('the challenge names realm, service and scope, and nothing of the URL that is no repository', async () => {
  const registry = await openTokens()
  await using _ = registry
  const { send, get } = registry
  const expected: Record<string, string> = {
    'GET /v2/': '',
    'GET /v2/ann/app/manifests/latest': ',scope="repository:ann/app:pull"',
    'GET /v2/ann/manifests/x/tags/list?n=1': ',scope="repository:ann/manifests/x:pull"',
    'PUT /v2/npm/ann/app/manifests/latest': ',scope="repository:npm/ann/app:pull,push"',
    'POST /v2/app/blobs/uploads/': ',scope="repository:app:pull,push"',
    'GET /v2/ann/app/blobs/uploads/1': ',scope="repository:ann/app:pull,push"',
    'DELETE /v2/ann/app/manifests/x': ',scope="repository:ann/app:pull,push,delete"',
    'POST /v2/ann/app/blobs/uploads/?mount=sha256:0&from=bob/app': ',scope="repository:ann/app:pull,push repository:bob/app:pull"',
    'POST /v2/ann/app/blobs/uploads/?mount=sha256:0&from=bob"app': ',scope="repository:ann/app:pull,push"',
    'GET /v2/_catalog?n=10': ',scope="registry:catalog:*"',
    'GET /v2/ann/app%22,x=%22/manifests/x': '',
    'GET /v2/ANN/app/manifests/x': '',
    'GET /v2/ann/..%2f..%2fx/manifests/x': '',
    [`GET /v2/ann/${'x'.repeat(300)}/manifests/x`]: '',
  }
  for (const [route, scope] of Object.entries(expected)) expect(challengeOf(await send(route)), route).toBe(`${realm}${scope}`)
  expect(challengeOf(await send('GET /v2/', basic('ann', 'wrong')))).toBe(`${realm},error="invalid_token"`)
  const narrow = `Bearer ${(await get('scope=repository:ann/app:pull', basic('ann'))).json<Answer>().token}`
  expect(challengeOf(await send('PUT /v2/ann/app/manifests/x', narrow))).toBe(
    `${realm},scope="repository:ann/app:pull,push",error="insufficient_scope"`,
  )
  expect(challengeOf(await send('GET /v2/_catalog', narrow))).toBe(`${realm},scope="registry:catalog:*",error="insufficient_scope"`)
  const wide = `Bearer ${(await get('scope=repository:ann/app:pull,push', basic('ann'))).json<Answer>().token}`
  expect((await send('PUT /v2/ann/app/manifests/x', wide)).json()).toEqual({ user: 'ann' })
})

test('D-32 hostile scopes are refused with 400 or give nothing, never 500', async () => {
  const registry = await openTokens()
  await using _ = registry
  const { get } = registry
  const bad = [
    'x',
    ':::',
    'repository:',
    'repository:ann/app',
    'repository:ann/app:pull"',
    'repository:ann/app:PULL',
    'Repository:ann/app:pull',
  ]
  for (const scope of [...bad, `repository:${'x'.repeat(256)}:pull`, `repository:ann/${'x/'.repeat(5_000)}:pull`])
    expect((await get(`scope=${encodeURIComponent(scope)}`)).statusCode, scope.slice(0, 80)).toBe(400)
  const many = (count: number) => Array.from({ length: count }, (_, index) => `repository:ann/a${index}:pull`).join('%20')
  expect((await get(`scope=${many(20)}`, basic('ann'))).statusCode).toBe(200)
  expect((await get(`scope=${many(21)}`, basic('ann'))).statusCode).toBe(400)
  const long = (length: number) =>
    Array.from({ length: 20 }, (_, index) => `repository:ann/${String(index).padEnd(length, 'x')}:pull,push`).join('%20')
  expect((await get(`scope=${long(200)}`, basic('ann'))).statusCode).toBe(200)
  expect((await get(`scope=${long(245)}`, basic('ann'))).statusCode).toBe(400)
  for (const query of ['scope[]=x', 'scope[a]=x', 'service=a&service=b', `client_id=${'x'.repeat(2_000)}`])
    expect([200, 400], query).toContain((await get(query)).statusCode)
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), near), async (scope) => {
      const { statusCode } = await get(`scope=${encodeURIComponent(scope)}`)
      expect([200, 400]).toContain(statusCode)
    }),
    { numRuns: 100 },
  )
})

const near = fc
  .array(fc.constantFrom('repository', 'registry', ':', ',', '/', 'ann', 'app', 'pull', '*', '(', ')', ' ', '..', '-', 'npm'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''))

test('every scope of the grammar parses to what was written', () => {
  const name = fc.constantFrom('ann/app', 'app', 'ann/a/b/c', 'npm/ann/app', 'model/x')
  const actions = fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete', '*'), { minLength: 1 })
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, actions), { maxLength: 5, selector: ([text]) => text }), fc.boolean(), (asked, apart) => {
      const texts = asked.map(([text, wanted]) => `repository:${text}:${wanted.join(',')}`)
      const parsed = parseScopes(apart ? texts : [texts.join(' ')])
      expect(parsed.map((one) => (one.kind === 'repository' ? [one.text, [...one.actions].sort()] : []))).toEqual(
        asked.map(([text, wanted]) => [text, [...wanted].sort()]),
      )
    }),
  )
})
