import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPackages, type Packages } from './open-packages.ts'

let registry: Packages
beforeAll(async () => {
  registry = await openPackages()
  const ada = await registry.user('ada')
  await registry.user('bob')
  await registry.publish(ada, '@ada/widget', '1.0.0', '1.1.0', '2.0.0-rc.1')
  await registry.publish(ada, 'left-pad', '1.0.0', '1.0.1')
})
afterAll(() => registry[Symbol.asyncDispose]())

const json = { 'content-type': 'application/json' }
const put = (path: string, body: string, { as = 'ada', headers = json }: { as?: string; headers?: Record<string, string> } = {}) =>
  registry.call('PUT', `/-/package/${path}`, { as, body, headers })

test('a dist-tag is added, listed, moved and removed', async () => {
  const { call, tagsOf } = registry
  expect(await tagsOf('@ada/widget', 'ada')).toEqual({ latest: '1.0.0' })
  expect(await put('@ada%2fwidget/dist-tags/next', '"2.0.0-rc.1"')).toEqual({ status: 201, body: { ok: true } })
  expect(await put('@ada/widget/dist-tags/latest', '"1.1.0"')).toMatchObject({ status: 201 })
  expect(await tagsOf('@ada/widget', 'ada')).toEqual({ latest: '1.1.0', next: '2.0.0-rc.1' })
  expect(await call('POST', '/-/package/@ada%2Fwidget/dist-tags/next', { as: 'ada', body: '"1.1.0"', headers: json })).toMatchObject({
    status: 201,
  })
  expect(await call('DELETE', '/-/package/@ada%2fwidget/dist-tags/next', { as: 'ada' })).toEqual({ status: 200, body: { ok: true } })
  expect(await tagsOf('@ada/widget', 'ada')).toEqual({ latest: '1.1.0' })
  expect((await call('DELETE', '/-/package/@ada%2fwidget/dist-tags/next', { as: 'ada' })).status).toBe(404)
})

test('the version is also taken as bare text', async () => {
  expect((await put('left-pad/dist-tags/plain', '1.0.0', { headers: { 'content-type': 'text/plain' } })).status).toBe(201)
  expect(await registry.tagsOf('left-pad')).toMatchObject({ plain: '1.0.0' })
})

test.each([
  ['"1.0.0', 400],
  ['{"version":"1.0.0"}', 404],
  ['', 400],
  ['["1.0.0"]', 404],
  ['"9.9.9"', 404],
  [`"${'1'.repeat(5_000)}"`, 413],
])('the body %j is answered %i', async (body, status) => {
  const answer = await put('left-pad/dist-tags/odd', body)
  expect(answer).toMatchObject({ status, body: { error: expect.any(String) } })
})

test('a tag that reads as a range, and one with odd characters, are refused', async () => {
  for (const tag of ['1.x', 'v1', '%5E1.0', '*', '..%2f..', 'a%00b'])
    expect((await put(`left-pad/dist-tags/${tag}`, '"1.0.0"')).status, tag).toBe(400)
})

test('latest cannot be removed', async () => {
  const answer = await registry.call('DELETE', '/-/package/left-pad/dist-tags/latest', { as: 'ada' })
  expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining('latest'), code: 'npm.latest_stays' } })
  expect(await registry.tagsOf('left-pad')).toMatchObject({ latest: '1.0.0' })
})

test('D-13: who may not see the package cannot tell it from none, and who may only read it is refused', async () => {
  const { call } = registry
  const hidden = await call('GET', '/-/package/@ada%2fwidget/dist-tags', { as: 'bob' })
  const absent = await call('GET', '/-/package/@ada%2fgadget/dist-tags', { as: 'bob' })
  expect(hidden).toEqual(absent)
  expect(hidden.status).toBe(404)
  expect((await put('@ada%2fwidget/dist-tags/next', '"1.0.0"', { as: 'bob' })).status).toBe(404)
  expect((await call('DELETE', '/-/package/@ada%2fwidget/dist-tags/latest', { as: 'bob' })).status).toBe(404)
  expect((await put('left-pad/dist-tags/next', '"1.0.0"', { as: 'bob' })).status).toBe(403)
  expect((await call('PUT', '/-/package/left-pad/dist-tags/next', { body: '"1.0.0"', headers: json })).status).toBe(401)
})

test('D-6: of 25 parallel tags none is lost', async () => {
  const names = Array.from({ length: 25 }, (_, index) => `parallel-${index}`)
  const answers = await Promise.all(names.map((name) => put(`left-pad/dist-tags/${name}`, '"1.0.1"')))
  expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201))
  expect(await registry.tagsOf('left-pad')).toMatchObject(Object.fromEntries(names.map((name) => [name, '1.0.1'])))
  const before = await registry.revOf('left-pad')
  const [mover] = await Promise.all(names.map((name) => registry.call('DELETE', `/-/package/left-pad/dist-tags/${name}`, { as: 'ada' })))
  expect(mover?.status).toBe(200)
  expect(Object.keys((await registry.tagsOf('left-pad')) as object).filter((name) => name.startsWith('parallel'))).toEqual([])
  expect(Number.parseInt(await registry.revOf('left-pad'), 10)).toBe(Number.parseInt(before, 10) + 25)
})
