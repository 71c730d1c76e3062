import { afterAll, beforeAll, expect, test } from 'vitest'
import { shortNumber } from '../../../src/modules/analytics/badges/short-number.ts'
import { Badges } from '../../../src/modules/analytics/contract.ts'
import { type OpenAnalytics, openAnalytics } from './open-analytics.ts'

let registry: OpenAnalytics
const badge = (path: string, options: Parameters<OpenAnalytics['request']>[2] = {}) =>
  registry.request('GET', `/v1/badges/ada/${path}`, options)
const titleOf = (svg: string): string | undefined => /<title>(.*?)<\/title>/.exec(svg)?.[1]

beforeAll(async () => {
  registry = await openAnalytics()
  const ada = await registry.user('ada')
  await registry.user('eve')
  const target = { namespace: 'ada', format: 'npm', type: 'module-node' } as const
  const open = await registry.publish(
    ada,
    { ...target, name: 'open', visibility: 'public' },
    { version: '1.2.0', metadata: { name: 'open', version: '1.2.0', license: 'MIT' }, bare: true, tags: ['latest'] },
  )
  await registry.publish(ada, { ...target, name: 'secret', visibility: 'private' })
  for (let at = 0; at < 1_250; at += 1) registry.download(open)
  await registry.settle()
  registry.kernel.resolve(Badges).add('hostile', async () => ({
    label: '<script>alert(1)</script>',
    message: `"/><image href='x' onerror='y'/>&\u0000\n${'long '.repeat(1_000)}`,
    color: '"><script>',
  }))
})
afterAll(() => registry[Symbol.asyncDispose]())

test.each([
  ['downloads', 'downloads: 1.2k/month'],
  ['downloads-total', 'downloads: 1.2k'],
  ['version', 'version: v1.2.0'],
  ['license', 'license: MIT'],
])('the badge %s says %s', async (kind, title) => {
  const answer = await badge(`open/${kind}.svg`)
  expect(answer.headers).toMatchObject({ 'content-type': 'image/svg+xml; charset=utf-8', 'cache-control': 'public, max-age=300' })
  expect(titleOf(answer.body)).toBe(title)
  const again = await badge(`open/${kind}.svg`, { headers: { 'if-none-match': `${answer.headers.etag}` } })
  expect([again.statusCode, again.body]).toEqual([304, ''])
})

test('what a badge says is text of bounded length, whatever it is', async () => {
  const { body, headers } = await badge('open/hostile.svg')
  expect(body).not.toMatch(/<script|<image|onerror='/)
  expect(body).not.toContain('\u0000')
  expect(body).toContain('&lt;')
  expect(body.length).toBeLessThan(6_000)
  expect(headers['content-security-policy']).toContain("default-src 'none'")
})

test('P5: a private artifact has no more badges than one that is not there', async () => {
  for (const as of [undefined, 'eve']) {
    const [hidden, absent] = [await badge('secret/version.svg', as ? { as } : {}), await badge('nothing/version.svg', as ? { as } : {})]
    expect([hidden.statusCode, hidden.json<{ code: string }>().code]).toEqual([absent.statusCode, absent.json<{ code: string }>().code])
  }
  const own = await badge('secret/version.svg', { as: 'ada' })
  expect([own.statusCode, own.headers['cache-control']]).toEqual([200, 'private, no-cache'])
})

test('a badge that is none is told, with those there are', async () => {
  const answer = await badge('open/health.svg')
  expect([answer.statusCode, answer.json()]).toMatchObject([
    404,
    { code: 'analytics.badge_not_found', suggestions: [expect.stringContaining('downloads-total')] },
  ])
  expect((await badge('open/version.png')).statusCode).toBe(400)
})

test('numbers are rounded down', () => {
  expect([0, 999, 1_000, 1_299, 10_999, 999_999, 1_000_000, 2_590_000_000].map(shortNumber)).toEqual([
    '0',
    '999',
    '1k',
    '1.2k',
    '10k',
    '999k',
    '1M',
    '2.5G',
  ])
})
