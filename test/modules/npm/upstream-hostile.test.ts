import { monitorEventLoopDelay } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openUpstream } from './fake-npm-upstream.ts'
import { type AnyDocument, openCache } from './open-cache.ts'

const dist = { tarball: 'http://127.0.0.1:9/x.tgz', integrity: `sha512-${'A'.repeat(86)}==` }

test.each<[string, string | Buffer]>([
  ['another package', '{"name":"right","versions":{"1.0.0":{}}}'],
  ['no JSON', 'not json'],
  ['a text', '"left"'],
  ['a list', '[]'],
  ['nothing', ''],
  ['nesting', '['.repeat(2_000_000)],
  ['70 MB', Buffer.from(JSON.stringify({ name: 'left', x: 'x'.repeat(70_000_000) }))],
])('a document that is %s is refused, and what was known before stays', async (_what, content) => {
  const upstream = await openUpstream()
  const cache = await openCache({ upstream })
  upstream.documents.set('left', Buffer.from(content))
  const refused = await cache.get('left')
  expect([refused.status, refused.code]).toEqual([503, 'npm.upstream_unavailable'])
  expect([await cache.files('.json'), await cache.files('.part')]).toEqual([[], []])
  upstream.put('left', { '1.0.0': {} })
  expect((await cache.get('left')).status).toBe(200)
  upstream.documents.set('left', Buffer.from(content))
  const stale = await cache.get('left')
  expect([stale.status, stale.headers.has('warning'), Object.keys(stale.json<AnyDocument>().versions)]).toEqual([200, true, ['1.0.0']])
})

test('bytes that are not what their encoding says, and bombs, are refused', async () => {
  const upstream = await openUpstream()
  const cache = await openCache({ upstream })
  for (const [encoding, bytes] of [
    ['gzip', Buffer.from('{}')],
    ['br', Buffer.from('{}')],
    ['gzip', gzipSync(Buffer.alloc(100_000_000, ' '))],
    ['gzip', gzipSync(Buffer.from('{"name":"left"}')).subarray(0, 20)],
  ] as const) {
    upstream.state.before = (_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes)
      return true
    }
    expect((await cache.get('left')).code).toBe('npm.upstream_unavailable')
  }
  expect(await cache.files('.part')).toEqual([])
})

test('members of prototypes are members like any other, and versions that are none are left out', async () => {
  const upstream = await openUpstream()
  const version = JSON.stringify({ name: 'other', version: '9.9.9', __proto__: { polluted: true }, dist })
  upstream.documents.set(
    'left',
    Buffer.from(`{"name":"left","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},
    "dist-tags":{"latest":"1.0.0","__proto__":"1.0.0","constructor":"1.0.0","bad":{"x":1},"gone":"8.0.0"},"time":{"__proto__":"x"},
    "versions":{"__proto__":${version},"constructor":${version},"../../x":${version},"v1.0.0":${version},"1.0":${version},"1.0.0":${version},
    "2.0.0":null,"3.0.0":{"dist":null},"4.0.0":{"dist":{"tarball":7}},"5.0.0":[]}}`),
  )
  const cache = await openCache({ upstream })
  const document = (await cache.get('left')).json<AnyDocument>()
  expect(Object.keys(document.versions)).toEqual(['1.0.0'])
  expect(document.versions['1.0.0']).toMatchObject({ name: 'left', version: '1.0.0' })
  expect(Object.keys(document['dist-tags']).sort()).toEqual(['__proto__', 'constructor', 'latest'])
  expect(({} as { polluted?: true }).polluted).toBeUndefined()
  for (const path of ['left/__proto__x', 'left/toString', 'left/-/toString', 'left/-/left-__proto__.tgz'])
    expect((await cache.send('GET', `/npm/${path}`)).status).toBe(404)
})

const noNames = [
  '..',
  '%2e%2e',
  '@a',
  '@a/',
  '@a%2f..%2fb',
  'a%2fb',
  '%00',
  'a%20b',
  'a%3fx',
  '_all',
  '.x',
  'x'.repeat(215),
  '@library/x',
  '@A/x',
]

test('D-24: what is no name is not asked for elsewhere', async () => {
  const upstream = await openUpstream()
  const cache = await openCache({ upstream })
  for (const name of noNames) await cache.send('GET', `/npm/${name}`, { as: 'ann' })
  expect(upstream.seen).toEqual([])
})

test('twenty megabytes of document do not hold up anybody else', async () => {
  const upstream = await openUpstream()
  const about = {
    description: 'x'.repeat(900),
    dependencies: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`dep-${index}`, '^1'])),
  }
  const versions = Object.fromEntries(
    Array.from({ length: 14_000 }, (_, index) => [`1.${index}.0`, { name: 'big', version: `1.${index}.0`, ...about, dist }]),
  )
  const text = Buffer.from(JSON.stringify({ name: 'big', 'dist-tags': { latest: '1.0.0' }, versions, time: {} }))
  expect(text.length).toBeGreaterThan(18_000_000)
  upstream.state.before = (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped)
    return true
  }
  const zipped = gzipSync(text)
  const cache = await openCache({ upstream, more: { cacheSeconds: 60 } })
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const started = performance.now()
  const answer = await cache.send('HEAD', '/npm/big')
  const elapsedMs = performance.now() - started
  delay.disable()
  expect(answer.status).toBe(200)
  // Of the time it took, so that a busy machine slows both down. On the main thread it would be nearly all of it, in one piece.
  expect(delay.max / 1e6).toBeLessThan(elapsedMs * 0.4)
}, 90_000)
