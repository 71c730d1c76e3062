import { afterAll, beforeAll, expect, test } from 'vitest'
import { Access } from '../../../src/modules/metadata/packages.contract.ts'
import { packageRef } from '../../../src/modules/npm/package-ref.ts'
import { escaped, openPackages, type Packages } from './open-packages.ts'

let registry: Packages
beforeAll(async () => {
  registry = await openPackages()
  const { user, publish, organizations, teams } = registry
  const ada = await user('ada')
  for (const name of ['bob', 'carl', 'dora']) await user(name)
  await organizations.create(ada, 'acme', 'Acme')
  await registry.kernel.http.inject({
    ...{ method: 'PUT', url: '/v1/namespaces/acme/members/bob', payload: { role: 'read' } },
    headers: { authorization: `Basic ${Buffer.from('ada:correct horse battery').toString('base64')}` },
  })
  await teams.create(ada, { org: 'acme', team: 'core' }, '')
  await teams.addMember(ada, { org: 'acme', team: 'core' }, 'bob')
  const fred = await user('fred')
  for (const name of ['@fred/none', '@fred/publish', '@fred/automation']) await publish(fred, name, '1.0.0')
  for (const name of ['@acme/one', '@acme/two', '@ada/own', 'left-pad']) await publish(ada, name, '1.0.0')
})
afterAll(() => registry[Symbol.asyncDispose]())

const get = async (path: string, as?: string) => registry.call('GET', path, as === undefined ? {} : { as })
const post = (name: string, body: object, as = 'ada') => registry.call('POST', `/-/package/${escaped(name)}/access`, { as, body })
const ok = { status: 200, body: { ok: true } }

test('npm access set status, and get', async () => {
  expect(await get('/-/package/@acme%2fone/visibility', 'ada')).toEqual({ status: 200, body: { public: false } })
  expect((await get('/-/package/@acme%2fone/visibility', 'dora')).status).toBe(404)
  expect(await post('@acme/one', { access: 'public' })).toEqual(ok)
  expect(await get('/-/package/@acme%2fone/visibility', 'dora')).toEqual({ status: 200, body: { public: true } })
  expect(await get('/-/package/@acme%2fone/access')).toMatchObject({ body: { public: true, access: 'public' } })
  expect(await post('@acme/one', { access: 'restricted' })).toEqual(ok)
  expect((await get('/-/package/@acme%2fone/visibility')).status).not.toBe(200)
})

test('an unscoped package is public for ever, and a namespace may forbid public ones', async () => {
  expect(await post('left-pad', { access: 'restricted' })).toMatchObject({ status: 400, body: { error: expect.stringContaining('scope') } })
  expect(await get('/-/package/left-pad/visibility')).toEqual({ status: 200, body: { public: true } })
  await registry.sql`update namespaces set settings = '{"allowPublicPublish": false}' where name = 'ada'`
  expect(await post('@ada/own', { access: 'public' })).toMatchObject({ status: 409, body: { code: 'metadata.public_not_allowed' } })
})

test.each([
  ['none', { publish_requires_tfa: false }, 'none'],
  ['publish', { publish_requires_tfa: true, automation_token_overrides_tfa: false }, 'always'],
  ['automation', { publish_requires_tfa: true, automation_token_overrides_tfa: true }, 'overridable'],
])('npm access set mfa=%s', async (name, body, factor) => {
  expect(await post(`@fred/${name}`, body, 'fred')).toEqual(ok)
  expect(await registry.kernel.resolve(Access).publishFactor(packageRef(`@fred/${name}`))).toBe(factor)
  expect(await get(`/-/package/@fred%2f${name}/access`, 'fred')).toMatchObject({
    body: { automation_token_overrides_tfa: false, ...body, public: false, access: 'restricted' },
  })
})

test('only who manages a package changes access to it', async () => {
  expect((await post('@acme/one', { access: 'public' }, 'bob')).status).toBe(403)
  expect((await post('@acme/one', { publish_requires_tfa: true }, 'bob')).status).toBe(403)
  expect((await post('@acme/one', { access: 'public' }, 'dora')).status).toBe(404)
  expect((await post('@acme/one', {})).status).toBe(400)
  expect((await post('@acme/one', { access: 'secret' })).status).toBe(400)
  expect((await registry.call('POST', '/-/package/@acme%2fone/access', { body: { access: 'public' } })).status).toBe(401)
})

test('npm access list packages: an organization, a user, a team', async () => {
  expect(await get('/-/org/acme/package', 'ada')).toEqual({ status: 200, body: { '@acme/one': 'write', '@acme/two': 'write' } })
  expect(await get('/-/org/acme/package', 'dora')).toMatchObject({ status: 404 })
  // npm asks for the user next.
  expect(await get('/-/org/ada/package', 'ada')).toMatchObject({ status: 404 })
  expect(await get('/-/user/ada/package', 'ada')).toEqual({
    status: 200,
    body: { '@acme/one': 'write', '@acme/two': 'write', '@ada/own': 'write', 'left-pad': 'write' },
  })
  expect(await get('/-/user/ada/package', 'dora')).toEqual({ status: 200, body: { 'left-pad': 'write' } })
  expect(await get('/-/user/ada/package')).toEqual({ status: 200, body: { 'left-pad': 'write' } })
  expect(await get('/-/user/bob/package', 'bob')).toEqual({ status: 200, body: { '@acme/one': 'read', '@acme/two': 'read' } })
  expect(await get('/-/user/bob/package', 'ada')).toEqual({ status: 200, body: {} })
  expect((await get('/-/user/nobody/package', 'ada')).status).toBe(404)
  expect(await get('/-/-/package?format=cli', 'bob')).toMatchObject({ status: 200, body: { '@acme/one': 'read' } })
  expect((await get('/-/-/package')).status).toBe(401)
})

test('npm access grant and revoke', async () => {
  const team = '/-/team/acme/core/package'
  const { call } = registry
  expect(await get(team, 'bob')).toEqual({ status: 200, body: {} })
  expect(await call('PUT', team, { as: 'ada', body: { package: '@acme/one', permissions: 'read-write' } })).toEqual(ok)
  expect(await call('PUT', team, { as: 'ada', body: { package: '@acme/two', permissions: 'read-only' } })).toEqual(ok)
  expect(await get(team, 'bob')).toEqual({ status: 200, body: { '@acme/one': 'write', '@acme/two': 'read' } })
  expect(await get('/-/user/bob/package', 'bob')).toEqual({ status: 200, body: { '@acme/one': 'write', '@acme/two': 'read' } })
  expect((await get(team, 'dora')).status).toBe(404)
  expect((await get('/-/team/acme/nosuch/package', 'ada')).status).toBe(404)
  expect((await call('PUT', team, { as: 'bob', body: { package: '@acme/one', permissions: 'read-write' } })).status).toBe(403)
  expect((await call('PUT', team, { as: 'ada', body: { package: '@acme/one', permissions: 'all' } })).status).toBe(400)
  expect((await call('DELETE', team, { as: 'ada', body: { package: '@acme/one' } })).status).toBe(200)
  expect((await call('DELETE', team, { as: 'ada', body: { package: '@acme/one' } })).status).toBe(404)
  expect(await get(team, 'ada')).toEqual({ status: 200, body: { '@acme/two': 'read' } })
})

test('npm access list collaborators: everybody for publishers, the maintainers for others', async () => {
  const path = '/-/package/@acme%2ftwo/collaborators?format=cli'
  expect(await get(path, 'ada')).toEqual({ status: 200, body: { ada: 'write', bob: 'read' } })
  expect(await get(path, 'bob')).toEqual({ status: 200, body: { ada: 'write' } })
  expect(await get(`${path}&user=bob`, 'ada')).toEqual({ status: 200, body: { bob: 'read' } })
  expect((await get(path, 'dora')).status).toBe(404)
  expect((await get(`${path}&user=bob&user=ada`, 'ada')).status, 'D-32').toBe(400)
})
