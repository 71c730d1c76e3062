import { afterAll, beforeAll, expect, test } from 'vitest'
import { Versions } from '../../../src/modules/metadata/contract.ts'
import { DependantsAffected } from '../../../src/modules/timescape/events.contract.ts'
import { Followers } from '../../../src/modules/timescape/services.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { openTimescape, type TimescapeRegistry, typed } from './open-timescape.ts'

let registry: TimescapeRegistry
let ada: Principal & { readonly userId: string }
let bob: Principal & { readonly userId: string }
const affected: { cause: string; version: string; dependants: readonly { name: string }[] }[] = []
const auth = '/v1/artifacts/ada/auth/-'

const transformer = (name: string, [fromVersion, toVersion]: readonly [string, string], changes: object) => ({
  ...{ name, fromArtifact: 'auth', fromVersion, toVersion, transformations: [{ type: 'LoginResponse', changes }] },
})
const publishTransformer = (as: Principal, namespace: string, about: { readonly name: string; readonly [member: string]: unknown }) =>
  registry.publish(as, `${namespace}/${about.name}:1.0.0`, { ...about, type: 'transformer' })

beforeAll(async () => {
  registry = await openTimescape()
  ada = await registry.user('ada')
  bob = await registry.user('bob')
  registry.kernel.resolve(Events).on(DependantsAffected, (event) => affected.push(event))
  await registry.publish(bob, 'bob/app:1.0.0', { dependencies: { '@ada/auth': '^1.0.0' } })
  await registry.publish(bob, 'bob/secret:1.0.0', { dependencies: [{ name: 'ada/auth', version: '2.x' }] })
  await registry.publish(ada, 'ada/auth:1.0.0', typed({ LoginResponse: { token: 'string', expires: 'number' } }))
  await registry.publish(ada, 'ada/auth:1.1.0', typed({ LoginResponse: { token: 'string', expires: 'number', hint: 'string?' } }))
  await registry.publish(ada, 'ada/auth:2.0.0', typed({ LoginResponse: { token: 'string', expiresAt: 'number' } }))
  await registry.publish(ada, 'ada/auth:3.0.0', typed({ LoginResponse: { token: '{ value: string }', expiresAt: 'number' } }))
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

test('Q146, R11.5, decision 7: the graph has nodes and edges as they were agreed', async () => {
  const { status, body } = await registry.get(`${auth}/graph`)
  expect(status).toBe(200)
  expect(body.nodes).toHaveLength(4)
  expect(body.nodes[0]).toEqual({
    ...{ version: '3.0.0', timestamp: expect.any(String), gtypeHash: expect.stringMatching(/^sha256:/), parentVersions: ['2.0.0'] },
    ...{ manifestHash: expect.stringMatching(/^sha256:/), deprecated: false, deprecationReason: null, sunset: null, suggestion: null },
    ...{ tsv: expect.stringMatching(/^tsv:\d+-auth-004$/), state: 'live' },
  })
  expect(body.edges.find(({ to }: { to: string }) => to === '2.0.0')).toEqual({
    ...{ from: '1.1.0', to: '2.0.0', type: 'breaking', kind: 'succession', required: 'major', declared: 'major', undeclared: false },
    ...{ changes: 3, breaking: 1, contentState: 'done' },
  })
  const first = (await registry.get(`${auth}/graph?limit=3`)).body
  const rest = (await registry.get(`${auth}/graph?limit=3&cursor=${first.nextCursor}`)).body
  expect([...first.nodes, ...rest.nodes].map(({ version }: { version: string }) => version)).toEqual(['3.0.0', '2.0.0', '1.1.0', '1.0.0'])
  expect(rest.nextCursor).toBeNull()
  for (const bad of ['limit=0', 'limit=1001', 'cursor=!', 'cursor=WyJ4Il0'])
    expect({ bad, status: (await registry.get(`${auth}/graph?${bad}`)).status }).toEqual({ bad, status: 400 })
})

test('Q147: breaking changes are listed with what they are', async () => {
  const { body } = await registry.get(`${auth}/breaking-changes`)
  expect(body.items.map(({ from, to }: { from: string; to: string }) => [from, to])).toEqual([
    ['2.0.0', '3.0.0'],
    ['1.1.0', '2.0.0'],
  ])
  const first = (await registry.get(`${auth}/breaking-changes?limit=1`)).body
  const next = (await registry.get(`${auth}/breaking-changes?limit=1&cursor=${first.nextCursor}`)).body
  expect([...first.items, ...next.items]).toEqual(body.items)
  expect(body.items[1].details[0]).toMatchObject({
    path: '/gtypes/LoginResponse/properties/expires',
    rule: 'required-field-removed',
    bump: 'major',
  })
})

test('the diff of any two versions is JSON, or a text for people', async () => {
  const { body } = await registry.get(`${auth}/diff?from=1.0.0&to=2.0.0`)
  expect(body).toMatchObject({
    from: '1.0.0',
    to: '2.0.0',
    type: 'breaking',
    required: 'major',
    declared: 'major',
    undeclared: false,
    complete: true,
  })
  expect(body.changes.map(({ rule }: { rule: string }) => rule).toSorted()).toEqual(['required-field-added', 'required-field-removed'])
  const text = await registry.request('GET', `${auth}/diff?from=1.0.0&to=2.0.0`, { as: 'ada', headers: { accept: 'text/plain' } })
  expect(text.headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(text.body).toMatch(
    /^1\.0\.0 -> 2\.0\.0: breaking \(required major, declared major\)\n! \/gtypes\/LoginResponse\/properties\/expires {2}the required field expires is gone; perhaps it is now called expiresAt \(required-field-removed: major\)\n/,
  )
  expect((await registry.get(`${auth}/diff?from=1.0.0&to=9.0.0`)).body.code).toBe('timescape.version_not_found')
})

test('Q149, Q151, R11.3: transformers of the namespace make versions transformable, and run', async () => {
  const compatibility = async (from: string, to: string) => (await registry.get(`${auth}/compatibility?from=${from}&to=${to}`)).body
  expect(await compatibility('1.0.0', '1.1.0')).toMatchObject({ verdict: 'compatible', reasons: [], path: [] })
  expect(await compatibility('1.0.0', '2.0.0')).toMatchObject({ verdict: 'incompatible', reasons: [{ rule: 'required-field-removed' }] })
  await publishTransformer(ada, 'ada', transformer('auth-1-2', ['1.x', '2.x'], { renamed: { expires: 'expiresAt' } }))
  await publishTransformer(bob, 'bob', { ...transformer('intruder', ['2.x', '3.x'], {}), fromArtifact: 'ada/auth' })
  await registry.settled()
  expect(await compatibility('1.0.0', '2.0.0')).toMatchObject({
    ...{ verdict: 'transformable', path: [{ transformer: 'ada/auth-1-2:1.0.0', from: '1.0.0', to: '2.0.0', direction: 'forward' }] },
  })
  const transform = (body: object) => registry.request('POST', `${auth}/transform`, { as: 'ada', body })
  const forward = await transform({ from: '1.1.0', to: '2.0.0', payload: { token: 't', expires: 5 }, direction: 'response' })
  expect([forward.statusCode, forward.json().payload]).toEqual([200, { token: 't', expiresAt: 5 }])
  const backward = await transform({ from: '2.0.0', to: '1.0.0', payload: { token: 't', expiresAt: 5 }, type: 'LoginResponse' })
  expect(backward.json()).toMatchObject({ payload: { token: 't', expires: 5 }, path: [{ direction: 'backward' }] })
  // A stranger's transformer does not count: the link over 2.0.0 -> 3.0.0 is still missing, and is named.
  const missing = await transform({ from: '1.0.0', to: '3.0.0', payload: {} })
  expect([missing.statusCode, missing.json().code, missing.json().details.missing]).toEqual([
    404,
    'timescape.transformer_missing',
    { from: '2.0.0', to: '3.0.0' },
  ])
  expect((await registry.get(`${auth}/transformers`)).body).toEqual([
    { transformer: 'ada/auth-1-2:1.0.0', fromVersion: '1.x', toVersion: '2.x', types: ['LoginResponse'], publishedAt: expect.any(String) },
  ])
  // 1.1.0 breaks nobody who comes from 1.0.0; who goes back to 1.0.0 has nothing that makes up for what breaks.
  await registry.publish(ada, 'ada/down:1.0.0', typed({ LoginRequest: { email: 'string' } }))
  await registry.publish(ada, 'ada/down:1.1.0', typed({ LoginRequest: { email: 'string?' } }))
  await registry.settled()
  const down = (await registry.get('/v1/artifacts/ada/down/-/compatibility?from=1.1.0&to=1.0.0')).body
  expect(down).toMatchObject({ verdict: 'incompatible', path: [], complete: false, reasons: [{ rule: 'field-became-required' }] })
  const edges = (await registry.get(`${auth}/graph`)).body.edges
  expect(edges.find(({ to }: { to: string }) => to === '2.0.0').transformer).toBe('ada/auth-1-2:1.0.0')
  expect((await transform({ from: '1.0.0', to: '2.0.0', payload: 'x'.repeat(1_100_000) })).statusCode).toBe(413)
})

test('a payload that no transformer of the path is for is refused, and a declared direction counts', async () => {
  const say = (direction: string, field: string) => ({ config: {}, gtypes: [{ name: 'Ticket', fields: { [field]: 'number' }, direction }] })
  await registry.publish(ada, 'ada/said:1.0.0', say('response', 'expires'))
  await registry.publish(ada, 'ada/said:2.0.0', say('response', 'expiresAt'))
  const changes = { renamed: { expires: 'expiresAt' } }
  const about = {
    name: 'said-1-2',
    fromArtifact: 'said',
    fromVersion: '1.x',
    toVersion: '2.x',
    transformations: [{ type: 'Ticket', changes }],
  }
  await publishTransformer(ada, 'ada', about)
  await registry.settled()
  const transform = async (more: object) => {
    const body = { from: '1.0.0', to: '2.0.0', payload: { expires: 5 }, ...more }
    const answer = await registry.request('POST', '/v1/artifacts/ada/said/-/transform', { as: 'ada', body })
    return answer.statusCode === 200 ? answer.json().payload : answer.json().code
  }
  expect(await transform({ type: 'Ticket' })).toEqual({ expiresAt: 5 })
  expect(await transform({ type: 'Tiket' })).toBe('timescape.transform_failed')
  expect(await transform({ direction: 'response' })).toEqual({ expiresAt: 5 })
  expect(await transform({ direction: 'request' })).toEqual({ expires: 5 })
  await registry.sql`update timescape_transformers set document = '{}' where target_name = 'said'`
  expect(await transform({})).toBe('timescape.transformer_missing')
})

test('P24: a private transformer is for nobody but those who may see it', async () => {
  const url = '/v1/artifacts/ada/open/-'
  await registry.publish(ada, 'ada/open:1.0.0', typed({ LoginResponse: { expires: 'number' } }))
  await registry.publish(ada, 'ada/open:2.0.0', typed({ LoginResponse: { expiresAt: 'number' } }))
  const about = transformer('open-1-2', ['1.x', '2.x'], { renamed: { expires: 'expiresAt' } })
  await publishTransformer(ada, 'ada', { ...about, fromArtifact: 'open' })
  await registry.request('PATCH', '/v1/artifacts/ada/open', { as: 'ada', body: { visibility: 'public' } })
  await registry.settled()
  const seenBy = async (as: string) => {
    const body = { from: '1.0.0', to: '2.0.0', payload: { expires: 5 } }
    return {
      list: (await registry.get(`${url}/transformers`, as)).body.length,
      verdict: (await registry.get(`${url}/compatibility?from=1.0.0&to=2.0.0`, as)).body.verdict,
      edges: (await registry.get(`${url}/graph`, as)).body.edges.filter((edge: object) => 'transformer' in edge).length,
      breaking: (await registry.get(`${url}/breaking-changes`, as)).body.items.filter((edge: object) => 'transformer' in edge).length,
      transform: (await registry.request('POST', `${url}/transform`, { as, body })).statusCode,
    }
  }
  const all = { list: 1, verdict: 'transformable', edges: 1, breaking: 1, transform: 200 }
  expect(await seenBy('ada')).toEqual(all)
  expect(await seenBy('bob')).toEqual({ list: 0, verdict: 'incompatible', edges: 0, breaking: 0, transform: 404 })
  await registry.request('PATCH', '/v1/artifacts/ada/open-1-2', { as: 'ada', body: { visibility: 'public' } })
  expect(await seenBy('bob')).toEqual(all)
})

test('R11.4: a deprecation has a date and a suggestion, and dependants hear of it', async () => {
  affected.length = 0
  const url = `${auth}/deprecations/1.0.0`
  const note = { reason: 'old tokens', sunset: '2027-01-01T00:00:00Z', suggestion: '1.1.0' }
  const set = await registry.request('PUT', url, { as: 'ada', body: note })
  expect([set.statusCode, set.json()]).toEqual([200, { version: '1.0.0', ...note }])
  await registry.settled()
  const node = (await registry.get(`${auth}/graph`)).body.nodes.at(-1)
  expect(node).toMatchObject({
    version: '1.0.0',
    deprecated: true,
    deprecationReason: 'old tokens',
    sunset: note.sunset,
    suggestion: '1.1.0',
  })
  expect(affected).toMatchObject([{ cause: 'deprecation', version: '1.0.0', dependants: [{ name: 'app' }] }])
  expect((await registry.request('PUT', url, { as: 'bob', body: note })).statusCode).toBe(404)
  expect((await registry.request('PUT', url, { as: 'ada', body: { ...note, sunset: 'soon' } })).statusCode).toBe(400)
  expect((await registry.request('PUT', url, { as: 'ada', body: { ...note, sunset: '2026-02-30' } })).statusCode).toBe(400)
  expect((await registry.request('DELETE', url, { as: 'ada' })).statusCode).toBe(204)
  expect((await registry.get(`${auth}/deprecations`)).body).toEqual([])
})

test('Q150: dependants of what breaks hear of it; lists show what the caller may see', async () => {
  affected.length = 0
  await registry.publish(ada, 'ada/auth:1.2.0', typed({ LoginResponse: { token: 'string' } }))
  await registry.settled()
  const told = affected.filter(({ version, cause }) => version === '1.2.0' && cause === 'breaking-change')
  expect(told).toMatchObject([{ dependants: [{ name: 'app' }] }])
  // The events come a second time, as they do when a process ends before it is done with them.
  const followers = registry.kernel.resolve(Followers)
  const [{ artifactId = '', versionId = '' } = {}] = await registry.sql<{ artifactId: string; versionId: string }>`
    select a.id as "artifactId", v.id as "versionId" from artifacts a join versions v on v.artifact_id = a.id where a.name = 'auth' and v.version = '1.1.0'`
  await registry.kernel.resolve(Versions).deprecate(ada, { namespace: 'ada', name: 'auth' }, { version: '1.1.0', reason: 'old' })
  await registry.settled()
  const heard = affected.length
  await followers.brokenBy({ artifactId, from: '1.1.0', to: '1.2.0', changes: 1 })
  await followers.deprecationChanged(versionId)
  await registry.settled()
  expect([heard, affected.length]).toEqual([heard, heard])
  expect(affected.some(({ cause }) => cause === 'deprecation')).toBe(true)
  // A dependency of a package is a package, whatever else bears the name.
  await registry.sql`update timescape_dependencies set target_format = 'npm' where target_name = 'auth' and range = '2.x'`
  const names = async (as: string) => (await registry.get(`${auth}/dependants`, as)).body.items?.map(({ name }: { name: string }) => name)
  expect(await names('ada')).toEqual([])
  await registry.request('PATCH', '/v1/artifacts/ada/auth', { as: 'ada', body: { visibility: 'public' } })
  expect(await names('bob')).toEqual(['app'])
  await registry.sql`update timescape_dependencies set target_format = null where target_name = 'auth'`
  expect(await names('bob')).toEqual(['app', 'secret'])
  await registry.request('PATCH', '/v1/artifacts/bob/app', { as: 'bob', body: { visibility: 'public' } })
  expect(await names('ada')).toEqual(['app'])
  await registry.request('PATCH', '/v1/artifacts/ada/auth', { as: 'ada', body: { visibility: 'inherit' } })
})

test('guides are markdown of an edge, written by those who publish', async () => {
  const url = `${auth}/guides/1.1.0/2.0.0`
  expect((await registry.get(url)).body.code).toBe('timescape.guide_not_found')
  const put = (as: string, body = '# Rename expires') => registry.request('PUT', url, { as, body: { body } })
  expect((await put('bob')).statusCode).toBe(404)
  expect((await put('ada')).json()).toEqual({ from: '1.1.0', to: '2.0.0', body: '# Rename expires', updatedAt: expect.any(String) })
  expect((await put('ada', 'x'.repeat(100_001))).statusCode).toBe(400)
  expect((await put('ada', 'a\0b')).statusCode).toBe(400)
  expect((await registry.get(url)).body.body).toBe('# Rename expires')
  expect((await registry.request('DELETE', url, { as: 'ada' })).statusCode).toBe(204)
  expect(await registry.sql`select action from audit_log where action like 'migration_guide.%' order by id desc limit 1`).toEqual([
    { action: 'migration_guide.removed' },
  ])
})

test('the policy block refuses what breaks more than its number says, and changes nothing', async () => {
  await registry.publish(ada, 'ada/strict:1.0.0', typed({ LoginRequest: { email: 'string' } }))
  const policy = (body: object, as = 'ada') => registry.request('PUT', '/v1/artifacts/ada/strict/-/timescape-policy', { as, body })
  expect((await policy({ policy: 'block' })).json()).toEqual({ own: 'block', effective: 'block' })
  expect((await policy({ policy: 'block' }, 'bob')).statusCode).toBe(404)
  expect((await policy({ policy: 'never' })).statusCode).toBe(400)
  const breaking = typed({ LoginRequest: { email: 'string', otp: 'string' } })
  const refusal = await registry.publish(ada, 'ada/strict:1.1.0', breaking).then(
    () => undefined,
    (error) => error,
  )
  expect(refusal).toMatchObject({
    code: 'timescape.breaking_change_undeclared',
    details: { from: '1.0.0', to: '1.1.0', declared: 'minor', required: 'major', total: 1, changes: [{ rule: 'required-field-added' }] },
  })
  expect(await registry.sql`select version from versions v join artifacts a on a.id = v.artifact_id where a.name = 'strict'`).toEqual([
    { version: '1.0.0' },
  ])
  await registry.publish(ada, 'ada/strict:2.0.0', breaking)
  expect((await policy({ policy: null })).json()).toEqual({ own: null, effective: 'warn' })
  await registry.publish(ada, 'ada/strict:2.0.1', typed({ LoginRequest: { email: 'string', otp: 'string', more: 'string' } }))
  await registry.settled()
  const edges = (await registry.get('/v1/artifacts/ada/strict/-/graph')).body.edges
  expect(edges[0]).toMatchObject({ to: '2.0.1', type: 'breaking', undeclared: true })
  const namespace = await registry.request('PUT', '/v1/namespaces/ada/timescape-policy', { as: 'ada', body: { policy: 'off' } })
  expect(namespace.json()).toEqual({ own: 'off', effective: 'off' })
})

test('what the caller may not see looks absent, on every route', async () => {
  for (const route of [
    'graph',
    'breaking-changes',
    'transformers',
    'dependants',
    'deprecations',
    'resolve',
    'timescape-policy',
    'diff?from=1.0.0&to=2.0.0',
  ])
    expect({ route, status: (await registry.get(`/v1/artifacts/ada/auth/-/${route}`, 'bob')).status }).toEqual({ route, status: 404 })
  expect((await registry.request('GET', `${auth}/graph`)).statusCode).toBe(401)
})
