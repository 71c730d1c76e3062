import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPackages, type Packages } from './open-packages.ts'

let registry: Packages
beforeAll(async () => {
  registry = await openPackages()
  const ada = await registry.user('ada')
  await registry.user('bob')
  for (const name of ['@ada/widget', 'left-pad', 'constructor']) await registry.publish(ada, name, '1.0.0')
})
afterAll(() => registry[Symbol.asyncDispose]())

const viewOf = async (user: string, as?: string) => {
  const { body } = await registry.call('GET', `/-/_view/starredByUser?key=${encodeURIComponent(`"${user}"`)}`, as ? { as } : {})
  return (body as { rows: { value: string }[] }).rows.map(({ value }) => value)
}

test('pnpm star, unstar and stars', async () => {
  const { call } = registry
  const body = { name: '@ada/widget', package: '@ada/widget' }
  expect(await call('PUT', '/-/user/v1/star', { as: 'ada', body })).toEqual({ status: 200, body: { ok: true } })
  expect((await call('PUT', '/-/user/package/left-pad/star', { as: 'ada' })).status).toBe(200)
  expect((await call('PUT', '/-/user/package/left-pad/star', { as: 'ada' })).status).toBe(200)
  expect(
    (await call('PUT', '/-/user/package/constructor/star', { as: 'ada', headers: { 'content-type': 'application/json' } })).status,
  ).toBeLessThan(500)
  expect(await call('GET', '/-/user/v1/star', { as: 'ada' })).toMatchObject({
    status: 200,
    body: expect.arrayContaining(['@ada/widget', 'left-pad']),
  })
  expect(await call('GET', '/-/user/ada/stars', { as: 'ada' })).toMatchObject({
    status: 200,
    body: { '@ada/widget': true, 'left-pad': true },
  })
  expect((await call('DELETE', '/-/user/package/left-pad/star', { as: 'ada' })).status).toBe(200)
  expect((await call('DELETE', '/-/user/package/constructor/star', { as: 'ada' })).status).toBe(200)
  expect(await call('GET', '/-/util/user/ada/stars', { as: 'ada' })).toEqual({ status: 200, body: { '@ada/widget': true } })
})

test('npm stars lists what the one who asks may see', async () => {
  await registry.call('PUT', '/-/user/package/left-pad/star', { as: 'ada' })
  expect(await viewOf('ada', 'ada')).toEqual(['@ada/widget', 'left-pad'])
  expect(await viewOf('ada', 'bob')).toEqual(['left-pad'])
  expect(await viewOf('ada')).toEqual(['left-pad'])
  expect(await viewOf('bob')).toEqual([])
  expect((await registry.call('GET', '/-/_view/starredByUser?key=%22nobody%22')).status).toBe(404)
})

test('D-32: the key is a username in quotes', async () => {
  for (const key of ['', '?key=ada', '?key=%22', '?key[]=%22ada%22', '?key=%22ada%22&key=%22bob%22'])
    expect((await registry.call('GET', `/-/_view/starredByUser${key}`)).status, key).toBe(400)
})

test('D-13: what one cannot see one cannot star, and nobody stars without a name', async () => {
  const { call } = registry
  expect((await call('PUT', '/-/user/package/@ada%2fwidget/star', { as: 'bob' })).status).toBe(404)
  expect((await call('PUT', '/-/user/v1/star', { as: 'bob', body: { package: '@ada/nosuch' } })).status).toBe(404)
  expect((await call('PUT', '/-/user/v1/star', { as: 'bob', body: {} })).status).toBe(400)
  expect((await call('PUT', '/-/user/package/left-pad/star')).status).toBe(401)
})
