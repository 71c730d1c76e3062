import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Call, type Door, imageOf, openDoor, sha256, some } from './open-door.ts'

/**
 * D-12, design.md §4: whoever may not see a repository cannot tell it from one that does not exist, on any route. `acme/secret` exists and is
 * private, `acme/nothing` and `nobody/nothing` do not exist.
 */
let door: Door
const facts = { manifest: '', layer: '', session: '', subject: '' }
const pushed = some(64)

beforeAll(async () => {
  door = await openDoor()
  for (const name of ['acme', 'eve', 'open']) await door.user(name)
  const acme = door.client('acme')
  const { digest, layer } = await acme.pushImage('acme/secret latest')
  const session = (await acme.open('acme/secret')).split('/').at(-1) ?? ''
  Object.assign(facts, { manifest: digest, layer, session, subject: digest })
  const signature = JSON.stringify(imageOf([], { subject: { mediaType: 'application/x', digest, size: 1 } }))
  await door.expectStatus(acme.putManifest(`acme/secret ${sha256(signature)}`, signature), 201)
  await door.makePublic('open', 'open')
  await door.client('open').pushImage('open/app latest')
})
afterAll(() => door[Symbol.asyncDispose]())

interface Route {
  readonly method: string
  readonly path: (repository: string) => string
  readonly call?: () => Call
}
const manifestCall = () => ({
  body: JSON.stringify(imageOf([])),
  headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
})

const routes: readonly Route[] = [
  ...['GET', 'HEAD'].flatMap((method): Route[] => [
    { method, path: (repository) => `/v2/${repository}/manifests/latest` },
    { method, path: (repository) => `/v2/${repository}/manifests/${facts.manifest}` },
    { method, path: (repository) => `/v2/${repository}/blobs/${facts.layer}` },
    { method, path: (repository) => `/v2/${repository}/tags/list` },
    { method, path: (repository) => `/v2/${repository}/tags/list?n=0` },
    { method, path: (repository) => `/v2/${repository}/referrers/${facts.subject}` },
    { method, path: (repository) => `/v2/${repository}/referrers/${facts.subject}?artifactType=application/x` },
    { method, path: (repository) => `/v2/${repository}/blobs/uploads/${facts.session}` },
  ]),
  { method: 'GET', path: (repository) => `/v2/${repository}/blobs/${facts.layer}`, call: () => ({ headers: { range: 'bytes=5-1' } }) },
  { method: 'GET', path: (repository) => `/v2/${repository}/manifests/latest`, call: () => ({ headers: { 'if-none-match': '*' } }) },
  { method: 'POST', path: (repository) => `/v2/${repository}/blobs/uploads/` },
  { method: 'POST', path: (repository) => `/v2/${repository}/blobs/uploads/?mount=${facts.layer}&from=open/app` },
  { method: 'POST', path: (repository) => `/v2/${repository}/blobs/uploads/?mount=${facts.layer}` },
  { method: 'POST', path: (repository) => `/v2/${repository}/blobs/uploads/?digest=${sha256(pushed)}`, call: () => ({ body: pushed }) },
  { method: 'PATCH', path: (repository) => `/v2/${repository}/blobs/uploads/${facts.session}`, call: () => ({ body: pushed }) },
  {
    method: 'PUT',
    path: (repository) => `/v2/${repository}/blobs/uploads/${facts.session}?digest=${sha256(pushed)}`,
    call: () => ({ body: pushed }),
  },
  { method: 'DELETE', path: (repository) => `/v2/${repository}/blobs/uploads/${facts.session}` },
  { method: 'PUT', path: (repository) => `/v2/${repository}/manifests/latest`, call: manifestCall },
  { method: 'PUT', path: (repository) => `/v2/${repository}/manifests/x?tag=y`, call: manifestCall },
  { method: 'DELETE', path: (repository) => `/v2/${repository}/manifests/latest` },
  { method: 'DELETE', path: (repository) => `/v2/${repository}/manifests/${facts.manifest}` },
  { method: 'DELETE', path: (repository) => `/v2/${repository}/blobs/${facts.layer}` },
]

/** Everything of an answer but what is new each time, without the name the caller sent itself. */
function shapeOf({ status, headers, bytes }: Answer, repository: string) {
  const { 'x-request-id': _id, date: _date, ...rest } = Object.fromEntries(headers)
  return JSON.parse(JSON.stringify({ status, rest, body: bytes.toString('utf8') }).replaceAll(repository, '<repository>'))
}

async function answersOf(route: Route, more: Call): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const repository of ['acme/secret', 'acme/nothing', 'nobody/nothing']) {
    const { headers, ...call } = route.call?.() ?? {}
    const answer = await door.send(route.method, route.path(repository), { ...call, ...more, headers: { ...headers, ...more.headers } })
    answers.push({ ...shapeOf(answer, repository), code: answer.code })
  }
  return answers
}

const named = () => routes.map((route) => [`${route.method} ${route.path('<repository>')}`, route] as const)

test.each(named())('%s is 401 with the same challenge for a stranger', async (_name, route) => {
  const [hidden, ...absent] = await answersOf(route, {})
  expect(hidden).toMatchObject({ status: 401, rest: { 'www-authenticate': expect.stringMatching(/^Bearer realm=/) } })
  for (const answer of absent) expect(answer).toEqual(hidden)
})

test.each(named())('%s is 404 with the same body for somebody else', async (_name, route) => {
  const [hidden, ...absent] = await answersOf(route, { as: 'eve' })
  expect(hidden).toMatchObject({ status: 404 })
  for (const answer of absent) expect(answer).toEqual(hidden)
})

test.each(named())('%s is the same with a token of /v2/token for what the caller may not have', async (_name, route) => {
  const tokenFor = async (as: string | undefined, repository: string): Promise<Call> => {
    const scope = `repository:${repository}:pull,push,delete`
    const answer = await door.expectStatus(door.send('GET', `/v2/token?service=x&scope=${scope}`, as === undefined ? {} : { as }), 200)
    return { headers: { authorization: `Bearer ${answer.json<{ token: string }>().token}` } }
  }
  for (const as of ['eve', undefined]) {
    const [hidden, ...absent] = await answersOf(route, await tokenFor(as, 'acme/secret'))
    expect([401, 404]).toContain((hidden as { status: number }).status)
    for (const answer of absent) expect(answer).toEqual(hidden)
  }
})

test('names that nothing can have look absent, too', async () => {
  const absent = await door.sendRaw('GET', '/v2/nobody/nothing/tags/list', 'eve')
  for (const repository of [
    'Nobody/nothing',
    'a..b/c',
    'npm/a/b/c',
    `${'a'.repeat(60)}/x`,
    '_',
    'a//b',
    '../x',
    '%2e%2e/x',
    'x/%2e%2e/y%20z',
  ]) {
    const answer = await door.sendRaw('GET', `/v2/${repository}/tags/list`, 'eve')
    expect([repository, answer.status, answer.body]).toEqual([repository, 404, absent.body])
    expect((await door.sendRaw('GET', `/v2/${repository}/tags/list`)).status, repository).toBe(401)
    const push = await door.sendRaw('POST', `/v2/${repository}/blobs/uploads/`, 'eve')
    expect([repository, push.status]).toEqual([repository, 400])
    expect(push.body).toContain('"code":"NAME_INVALID"')
  }
})

test('D-12: a percent-encoded spelling is the same repository with the same rights', async () => {
  const status = async (repository: string, as?: string) => (await door.sendRaw('GET', `/v2/${repository}/manifests/latest`, as)).status
  for (const spelling of ['acme/secret', 'acme%2Fsecret', '%61cme/secret', 'acme/secre%74', 'acme%2fsecret'])
    expect([spelling, await status(spelling, 'acme'), await status(spelling, 'eve'), await status(spelling)]).toEqual([
      spelling,
      200,
      404,
      401,
    ])
  for (const spelling of [
    ...[
      'acme%252Fsecret',
      'acme/%2e/secret',
      'acme//secret',
      'acme/secret/',
      '/acme/secret',
      'open/..%2facme/secret',
      'open/../acme/secret',
    ],
    ...['acme/secret%20', 'acme/secret%3f', 'acme/secret%23', 'ACME/secret', 'acme%5csecret'],
  ])
    expect([spelling, await status(spelling, 'acme')]).toEqual([spelling, 404])
  for (const spelling of ['acme/secret%00', 'acme/secret%', 'acme/secret%ff']) expect(await status(spelling, 'acme'), spelling).toBe(400)
})

test('what is public is read without a credential, and refused for writing with a reason', async () => {
  expect((await door.send('GET', '/v2/open/app/manifests/latest')).status).toBe(200)
  expect((await door.send('GET', '/v2/open/app/tags/list')).json()).toEqual({ name: 'open/app', tags: ['latest'] })
  const push = await door.send('POST', '/v2/open/app/blobs/uploads/', { as: 'eve' })
  expect([push.status, push.code]).toEqual([403, 'DENIED'])
  const remove = await door.send('DELETE', '/v2/open/app/manifests/latest', { as: 'eve' })
  expect([remove.status, remove.code]).toEqual([403, 'DENIED'])
})

test('the catalog lists what the caller may see, in pages', async () => {
  const list = async (call: Call, query = '') => {
    const { status, headers, json } = await door.send('GET', `/v2/_catalog${query}`, call)
    return { status, link: headers.get('link'), ...(status === 200 && json()) }
  }
  // Clients show who they are only when they are asked to.
  expect(await list({})).toMatchObject({ status: 401 })
  const granted = await door.send('GET', '/v2/token?service=registry&scope=registry:catalog:*', {})
  const authorization = `Bearer ${granted.json<{ token: string }>().token}`
  expect(await list({ headers: { authorization } })).toEqual({ status: 200, link: null, repositories: ['open/app'] })
  expect(await list({ as: 'eve' })).toMatchObject({ repositories: ['open/app'] })
  expect(await list({ as: 'acme' })).toMatchObject({ repositories: ['acme/secret', 'open/app'] })
  expect(await list({ as: 'acme' }, '?n=1')).toMatchObject({
    link: '</v2/_catalog?n=1&last=acme%2Fsecret>; rel="next"',
    repositories: ['acme/secret'],
  })
  expect(await list({ as: 'acme' }, '?n=1&last=acme%2Fsecret')).toMatchObject({ link: null, repositories: ['open/app'] })
  expect(await list({ as: 'acme' }, '?n=0')).toMatchObject({ link: null, repositories: [] })
})

test('a mount takes nothing the caller may not read, whoever has it', async () => {
  for (const query of [`mount=${facts.layer}&from=acme/secret`, `mount=${facts.layer}`]) {
    const answer = await door.send('POST', `/v2/eve/copy/blobs/uploads/?${query}`, { as: 'eve' })
    expect([query, answer.status]).toEqual([query, 202])
  }
  expect((await door.send('GET', `/v2/eve/copy/blobs/${facts.layer}`, { as: 'eve' })).status).toBe(404)
})

test('a token without the scope publish is DENIED where the repository may be seen', async () => {
  const answer = await door.send('POST', '/v1/tokens', {
    as: 'acme',
    body: JSON.stringify({ name: 'reader', scopes: ['read'] }),
    headers: { 'content-type': 'application/json' },
  })
  const authorization = `Bearer ${answer.json<{ token: string }>().token}`
  const pull = await door.send('GET', '/v2/acme/secret/manifests/latest', { headers: { authorization } })
  const push = await door.send('POST', '/v2/acme/secret/blobs/uploads/', { headers: { authorization } })
  expect([pull.status, push.status, push.code]).toEqual([200, 403, 'DENIED'])
})
