import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { escaped, openPackages, type Packages } from './open-packages.ts'

let registry: Packages
let ada: Principal
beforeAll(async () => {
  registry = await openPackages()
  ada = await registry.user('ada')
  for (const name of ['bob', 'carl']) await registry.user(name)
  await registry.publish(ada, 'left-pad', '1.0.0')
  await registry.publish(ada, '@ada/widget', '1.0.0')
})
afterAll(() => registry[Symbol.asyncDispose]())

const ownersOf = async (name: string, as = 'ada') => {
  const { body } = await registry.call('GET', `/-/package/${escaped(name)}/owners`, { as })
  return (body as { username: string }[]).map(({ username }) => username)
}
/** What `npm owner` sends. */
const put = async (name: string, maintainers: unknown, { as = 'ada', rev = undefined as string | undefined } = {}) =>
  registry.call('PUT', `/${escaped(name)}/-rev/${rev ?? (await registry.revOf(name))}`, { as, body: { _id: name, _rev: rev, maintainers } })
const people = (...names: string[]) => names.map((name) => ({ name, email: '' }))

test('npm owner add and rm of an unscoped package: who is added owns it as well', async () => {
  expect(await ownersOf('left-pad')).toEqual(['ada'])
  const before = await registry.revOf('left-pad')
  expect(await put('left-pad', people('ada', 'bob'))).toEqual({ status: 200, body: { ok: true } })
  expect(await registry.revOf('left-pad')).not.toBe(before)
  expect(await ownersOf('left-pad')).toEqual(['ada', 'bob'])
  expect(await put('left-pad', people('ada', 'carl'), { rev: before })).toMatchObject({ status: 409 })
  expect(await put('left-pad', people('bob'), { as: 'bob' })).toMatchObject({ status: 200 })
  expect(await ownersOf('left-pad')).toEqual(['bob'])
  expect(await put('left-pad', people('ada'), { as: 'bob' })).toMatchObject({ status: 200 })
  expect(await ownersOf('left-pad')).toEqual(['ada'])
})

test('the last owner stays, by every route', async () => {
  expect(await put('left-pad', [])).toMatchObject({ status: 409, body: { code: 'auth.last_owner' } })
  expect((await registry.call('DELETE', '/-/package/left-pad/owners/ada', { as: 'ada' })).status).toBe(409)
  const rest = { method: 'DELETE' as const, url: '/v1/artifacts/library/left-pad/-/grants/user/ada' }
  const authorization = `Basic ${Buffer.from('ada:correct horse battery').toString('base64')}`
  expect((await registry.kernel.http.inject({ ...rest, headers: { authorization } })).statusCode).toBe(409)
  const demoted = { ...rest, method: 'PUT' as const, headers: { authorization }, payload: { role: 'write' } }
  expect((await registry.kernel.http.inject(demoted)).statusCode).toBe(409)
  expect(await ownersOf('left-pad')).toEqual(['ada'])
})

test('somebody who does not exist is a 404 and changes nothing', async () => {
  expect(await put('left-pad', people('ada', 'carl', 'nobody'))).toMatchObject({ status: 404, body: { code: 'auth.user_not_found' } })
  expect(await ownersOf('left-pad')).toEqual(['ada'])
  for (const odd of ['ada', [{}], [{ name: 1 }], [{ name: 'a\0' }], [null]])
    expect([400, 404], JSON.stringify(odd)).toContain((await put('left-pad', odd)).status)
})

test('pnpm owner add, ls and rm', async () => {
  const { call } = registry
  for (const body of [{ username: 'bob' }, { name: 'bob' }, { user: 'bob' }])
    expect(await call('PUT', '/-/package/left-pad/owners', { as: 'ada', body })).toEqual({ status: 200, body: { ok: true } })
  expect((await call('POST', '/-/package/left-pad/owners', { as: 'ada', body: {} })).status).toBe(400)
  expect(await ownersOf('left-pad')).toEqual(['ada', 'bob'])
  expect((await call('DELETE', '/-/package/left-pad/owners/bob', { as: 'ada' })).status).toBe(200)
  expect((await call('DELETE', '/-/package/left-pad/owners/bob', { as: 'ada' })).status).toBe(404)
  expect(await ownersOf('left-pad')).toEqual(['ada'])
})

test('owners of the namespace maintain its packages, and stay on the list beside those who are added', async () => {
  expect(await ownersOf('@ada/widget')).toEqual(['ada'])
  expect(await put('@ada/widget', people('ada', 'bob'))).toMatchObject({ status: 200 })
  expect(await ownersOf('@ada/widget')).toEqual(['ada', 'bob'])
  await registry.publish({ ...ada, ...(await principalOf('bob')) }, '@ada/widget', '1.0.1')
  // One who publishes does not decide who else does.
  expect(await put('@ada/widget', people('ada', 'bob', 'carl'), { as: 'bob' })).toMatchObject({ status: 403 })
  expect(await put('@ada/widget', people('ada'))).toMatchObject({ status: 200 })
  expect(await ownersOf('@ada/widget')).toEqual(['ada'])
})

test('an owner of the namespace cannot be taken off one package', async () => {
  await registry.publish(ada, '@ada/gadget', '1.0.0')
  await registry.call('PUT', '/-/package/@ada%2fgadget/owners', { as: 'ada', body: { username: 'bob' } })
  await registry.sql`delete from grants where artifact_id = (select id from artifacts where name = 'gadget')
    and user_id = (select id from accounts where name = 'ada')`
  expect(await ownersOf('@ada/gadget')).toEqual(['bob'])
  expect(await registry.call('DELETE', '/-/package/@ada%2fgadget/owners/ada', { as: 'ada' })).toMatchObject({
    status: 409,
    body: { code: 'metadata.namespace_owner', error: expect.stringContaining('ada owns the namespace') },
  })
})

test('D-13: strangers see no owners of what they do not see, and change none', async () => {
  const { call } = registry
  await registry.publish(ada, '@ada/private', '1.0.0')
  const hidden = await call('GET', '/-/package/@ada%2fprivate/owners', { as: 'bob' })
  expect(hidden).toEqual(await call('GET', '/-/package/@ada%2fnosuch/owners', { as: 'bob' }))
  expect(hidden.status).toBe(404)
  expect((await put('@ada/private', people('bob'), { as: 'bob' })).status).toBe(404)
  expect((await put('left-pad', people('bob'), { as: 'bob' })).status).toBe(403)
  expect(await ownersOf('left-pad')).toEqual(['ada'])
})

async function principalOf(username: string): Promise<{ userId: string; username: string }> {
  const [row] = await registry.sql<{ id: string }>`select id from accounts where name = ${username}`
  return { userId: row?.id ?? '', username }
}

test('who leaves is in no document any more, and nobody is put back by a list from before', async () => {
  const dana = await registry.user('dana')
  for (const name of ['erin', 'finn']) await registry.user(name)
  await registry.organizations.create(dana, 'guild', undefined)
  const authorization = (as: string) => `Basic ${Buffer.from(`${as}:correct horse battery`).toString('base64')}`
  const rest = async (method: 'PUT' | 'DELETE' | 'PATCH', url: string, { as = 'dana', body }: { as?: string; body?: object } = {}) => {
    const headers = { authorization: authorization(as) }
    const { statusCode } = await registry.kernel.http.inject({ method, url: `/v1${url}`, headers, ...(body && { payload: body }) })
    expect(statusCode).toBeLessThan(300)
  }
  const maintainersOf = async (name: string) => {
    const { body } = await registry.call('GET', `/${escaped(name)}`, { as: 'dana' })
    return (body as { maintainers: { name: string }[] }).maintainers.map((maintainer) => maintainer.name)
  }
  await rest('PUT', '/namespaces/guild/members/erin', { body: { role: 'owner' } })
  for (const name of ['@guild/tool', '@guild/other', '@dana/own']) await registry.publish(dana, name, '1.0.0')
  await put('@guild/other', people('dana', 'erin', 'finn'), { as: 'dana' })
  expect([await maintainersOf('@guild/tool'), await maintainersOf('@guild/other')]).toEqual([
    ['dana', 'erin'],
    ['dana', 'erin', 'finn'],
  ])

  const [before, own] = [await registry.revOf('@guild/tool'), await registry.revOf('@dana/own')]
  await rest('PUT', '/namespaces/guild/members/finn', { body: { role: 'write' } })
  expect(await registry.revOf('@guild/tool')).toBe(before)
  await rest('DELETE', '/namespaces/guild/members/erin')
  expect(await maintainersOf('@guild/tool')).toEqual(['dana'])
  expect(await put('@guild/tool', people('dana', 'erin', 'finn'), { as: 'dana', rev: before })).toMatchObject({ status: 409 })
  await rest('PUT', '/namespaces/guild/members/finn', { body: { role: 'owner' } })
  expect(await maintainersOf('@guild/tool')).toEqual(['dana', 'finn'])

  await rest('PATCH', '/users/finn', { as: 'admin', body: { disabled: true } })
  expect(await maintainersOf('@guild/other')).toEqual(['dana', 'erin'])
  await rest('PATCH', '/users/finn', { as: 'admin', body: { disabled: false } })
  expect(await maintainersOf('@guild/other')).toEqual(['dana', 'erin', 'finn'])
  await rest('DELETE', '/users/finn', { as: 'admin' })
  expect([await maintainersOf('@guild/tool'), await maintainersOf('@guild/other')]).toEqual([['dana'], ['dana', 'erin']])
  expect(await registry.revOf('@dana/own')).toBe(own)
})
