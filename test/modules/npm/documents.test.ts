import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Tags, Versions } from '../../../src/modules/metadata/contract.ts'
import { Stars } from '../../../src/modules/metadata/packages.contract.ts'
import { type Caller, type Documents, installing, openDocuments, refOf } from './open-documents.ts'

let door: Documents
let ann: Caller

beforeAll(async () => {
  door = await openDocuments()
  ann = await door.user('ann')
  await door.user('eve')
})
afterAll(() => door[Symbol.asyncDispose]())

test('the manifest of a tag is that of the version it names now, although a process hears of the revision first', async () => {
  await door.publish(ann, '@ann/moved@1.0.0')
  const located = await door.locate('@ann/moved')
  const { artifact } = located
  const ahead = (by: number) => ({ ...located, artifact: { ...artifact, rev: artifact.rev + by } })
  for (const by of [1, 2, 3]) await door.packuments.manifest(ahead(by), 'latest')
  await door.publish(ann, '@ann/moved@1.1.0')
  const { rev } = (await door.locate('@ann/moved')).artifact
  expect(rev - artifact.rev).toBeLessThanOrEqual(3)
  expect((await door.send('/@ann/moved/latest', asAnn)).json().version).toBe('1.1.0')
})

const asAnn = { as: 'ann' }
const asking = (headers: Readonly<Record<string, string>>) => ({ as: 'ann', headers })

describe('the document of a package', () => {
  test('has all that publishers say, or only what installing needs, as the client asks', async () => {
    const manifest = {
      ...{ description: 'Text with "quotes" and ümläute', keywords: ['a'], license: 'MIT', readmeFilename: 'README.md' },
      ...{ dependencies: { left: '^1.0.0' }, scripts: { test: 'true' }, bin: { w: 'w.js' }, engines: { node: '>=18' } },
      ...{ bundledDependencies: ['left'], deprecated: 'says the publisher', dist: { tarball: 'http://elsewhere.example.org/' } },
    }
    const tarball = await door.publish(ann, '@ann/forms@1.0.0', {
      manifest,
      description: { hasInstallScript: true, readme: '# Forms' },
    })
    const full = await door.send('/@ann/forms', asAnn)
    expect(full.headers).toMatchObject({
      'content-type': 'application/json',
      vary: 'Accept, Accept-Encoding',
      'cache-control': 'private, no-cache',
    })
    const { artifact } = await door.locate('@ann/forms')
    const document = full.json()
    expect(document).toMatchObject({
      ...{ _id: '@ann/forms', _rev: `${artifact.rev}-${artifact.id.replaceAll('-', '')}`, name: '@ann/forms' },
      ...{ 'dist-tags': { latest: '1.0.0' }, readme: '# Forms', readmeFilename: 'README.md', license: 'MIT', keywords: ['a'] },
      ...{ description: 'Text with "quotes" and ümläute', maintainers: [{ name: 'ann', email: '' }], users: {} },
      time: { created: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/), modified: expect.any(String), '1.0.0': expect.any(String) },
    })
    const url = `${door.origin}/npm/@ann/forms/-/forms-1.0.0.tgz`
    expect(document.versions['1.0.0']).toMatchObject({
      _id: '@ann/forms@1.0.0',
      scripts: { test: 'true' },
      dist: { tarball: url, fileCount: 2 },
    })
    expect(document.versions['1.0.0']).not.toHaveProperty('deprecated')

    const short = await door.send('/@ann%2Fforms', asking({ accept: installing }))
    expect(short.headers['content-type']).toBe('application/vnd.npm.install-v1+json')
    expect(short.json()).toEqual({
      ...{ name: '@ann/forms', modified: document.time.modified, 'dist-tags': { latest: '1.0.0' } },
      versions: {
        '1.0.0': {
          ...{ name: '@ann/forms', version: '1.0.0', dependencies: { left: '^1.0.0' }, bundleDependencies: ['left'], bin: { w: 'w.js' } },
          ...{ engines: { node: '>=18' }, _hasShrinkwrap: false, hasInstallScript: true, dist: document.versions['1.0.0'].dist },
        },
      },
    })
    expect((await door.send(new URL(url).pathname.slice('/npm'.length), asAnn)).bytes).toEqual(tarball)
  })

  test.each([
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'gzip'],
    ['gzip;q=0, identity', undefined],
    ['deflate', undefined],
    ['*', 'gzip'],
    ['identity;q=1, gzip;q=0.5', undefined],
  ])('comes for Accept-Encoding %s as %s, with a tag of its own', async (accepted, encoding) => {
    await door.publish(ann, `@ann/encoded@1.0.${accepted.length}`)
    const plain = await door.send('/@ann/encoded', asAnn)
    const sent = await door.send('/@ann/encoded', asking({ 'accept-encoding': accepted }))
    expect(sent.headers['content-encoding']).toBe(encoding)
    expect(encoding ? gunzipSync(sent.bytes) : sent.bytes).toEqual(plain.bytes)
    expect(sent.headers['content-length']).toBe(String(sent.bytes.length))
    if (encoding) expect(sent.headers.etag).not.toBe(plain.headers.etag)
    else expect(sent.headers.etag).toBe(plain.headers.etag)
    const head = await door.send('/@ann/encoded', { ...asking({ 'accept-encoding': accepted }), method: 'HEAD' })
    expect(head.bytes.length).toBe(0)
    for (const name of ['etag', 'content-length', 'content-type', 'last-modified', 'content-encoding'])
      expect(head.headers[name], name).toBe(sent.headers[name])
  })

  test('is not sent again to who has it, and only to who says so', async () => {
    await door.publish(ann, '@ann/kept')
    const first = await door.send('/@ann/kept', asking({ 'accept-encoding': 'gzip' }))
    const etag = String(first.headers.etag)
    const lastModified = String(first.headers['last-modified'])
    const unchanged = [
      { 'if-none-match': etag },
      { 'if-none-match': `W/${etag}` },
      { 'if-none-match': `"other", ${etag}` },
      { 'if-none-match': '*' },
      { 'if-none-match': etag.replace('-gzip"', '-identity"') },
    ]
    for (const headers of unchanged) {
      const answer = await door.send('/@ann/kept', asking({ 'accept-encoding': 'gzip', ...headers }))
      expect([answer.status, answer.bytes.length], JSON.stringify(headers)).toEqual([304, 0])
      expect(answer.headers).toMatchObject({
        vary: 'Accept, Accept-Encoding',
        'last-modified': lastModified,
        'cache-control': 'private, no-cache',
      })
      expect(answer.headers.etag).toBeTruthy()
    }
    const changed = [
      {},
      { 'if-none-match': '"other"' },
      { 'if-none-match': '"other"', 'if-modified-since': lastModified },
      { 'if-modified-since': lastModified },
      { 'if-modified-since': new Date(Date.parse(lastModified) + 5_000).toUTCString() },
      { 'if-modified-since': 'no date' },
      // Another form.
      { 'if-none-match': etag, accept: installing },
    ]
    for (const headers of changed) {
      const answer = await door.send('/@ann/kept', asking({ 'accept-encoding': 'gzip', ...headers }))
      expect([answer.status, answer.bytes.length > 0], JSON.stringify(headers)).toEqual([200, true])
    }
  })

  test('tells of every change at once', async () => {
    const name = '@ann/changing'
    const ref = refOf(name)
    const read = async () => (await door.send('/@ann/changing', asAnn)).json()
    const etags = new Set<unknown>()
    const change = async (work: Promise<unknown>) => {
      await work
      etags.add((await door.send('/@ann/changing', asAnn)).headers.etag)
      return read()
    }
    await change(door.publish(ann, `${name}@1.0.0`))
    expect((await change(door.publish(ann, `${name}@2.0.0`, { tags: ['next'] })))['dist-tags']).toEqual({ latest: '1.0.0', next: '2.0.0' })
    const [tags, versions] = [door.kernel.resolve(Tags), door.kernel.resolve(Versions)]
    expect((await change(tags.move(ann, ref, { tag: 'latest', version: '2.0.0' })))['dist-tags'].latest).toBe('2.0.0')
    const reason = 'use "other" \u0001 <b>'
    const deprecated = await change(versions.deprecate(ann, ref, { version: '1.0.0', reason }))
    expect(deprecated.versions['1.0.0'].deprecated).toBe(reason)
    expect((await door.send('/@ann/changing', asking({ accept: installing }))).json().versions['1.0.0'].deprecated).toBe(reason)
    expect((await door.send('/@ann/changing/1.0.0', asAnn)).json().deprecated).toBe(reason)
    expect((await change(versions.deprecate(ann, ref, { version: '1.0.0', reason: null }))).versions['1.0.0']).not.toHaveProperty(
      'deprecated',
    )
    const yanked = await change(versions.yank(ann, ref, { version: '2.0.0', reason: 'broken' }))
    expect(yanked.versions['2.0.0'].deprecated).toBe('yanked: broken')
    expect(yanked['dist-tags']).toEqual({ latest: '1.0.0' })
    const { artifact } = await door.locate(name)
    await change(door.kernel.resolve(Stars).set(ann, ref, true))
    expect((await read()).users).toEqual({ ann: true })
    await change(door.catalog.unpublish(ann, ref, '2.0.0'))
    expect(Object.keys((await read()).versions)).toEqual(['1.0.0'])
    expect((await door.locate(name)).artifact.rev).toBeGreaterThan(artifact.rev)
    expect(etags.size).toBe(8)
    await door.catalog.unpublish(ann, ref, '1.0.0')
    expect((await door.send('/@ann/changing', asAnn)).status).toBe(404)
  })

  test('shows no version that is deleted, pending or held back', async () => {
    for (const version of ['1.0.0', '1.0.1', '1.0.2', '1.0.3']) await door.publish(ann, `@ann/hiding@${version}`)
    await door.sql`update versions v set state = s.state from (values ('1.0.1', 'quarantined'), ('1.0.2', 'pending'), ('1.0.3', 'deleted')) s (version, state)
      where v.version = s.version and v.artifact_id = (select id from artifacts where name = 'hiding')`
    const document = (await door.send('/@ann/hiding', asAnn)).json()
    expect(Object.keys(document.versions)).toEqual(['1.0.0'])
    expect(Object.keys(document.time)).toEqual(['created', 'modified', '1.0.0'])
    expect(document['dist-tags']).toEqual({})
    const answers = await Promise.all(['1.0.1', '1.0.3', 'latest', '9.9.9'].map((version) => door.send(`/@ann/hiding/${version}`, asAnn)))
    expect(answers.map(({ status }) => status)).toEqual([403, 404, 404, 404])
    const tarballs = await Promise.all(
      ['1.0.1', '1.0.3', 'latest'].map((version) => door.send(`/@ann/hiding/-/hiding-${version}.tgz`, asAnn)),
    )
    expect(tarballs.map(({ status }) => status)).toEqual([403, 404, 404])
  })

  test('of a private package is 401 for who is not known and 404 for who may not see it, as for none', async () => {
    await door.publish(ann, '@ann/secret')
    for (const path of ['/@ann/secret', '/@ann/secret/1.0.0', '/@ann/secret/-/secret-1.0.0.tgz']) {
      const absent = path.replaceAll('secret', 'absent')
      const [known, unknown] = [await door.send(path, { as: 'eve' }), await door.send(absent, { as: 'eve' })]
      expect([known.status, known.json().code]).toEqual([404, unknown.json().code])
      expect([(await door.send(path)).status, (await door.send(absent)).status]).toEqual([401, 401])
      expect(known.headers['cache-control'] ?? '').not.toContain('immutable')
    }
    expect((await door.send('/-', asAnn)).status).toBe(404)
    expect((await door.send('/@ann/..%2fsecret', asAnn)).status).toBe(404)
  })

  test('of a public package may be kept by caches between, and is asked for without a credential', async () => {
    await door.publish(ann, '@ann/open')
    await door.sql`update artifacts set visibility = 'public' where name = 'open'`
    const answer = await door.send('/@ann/open')
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, no-cache'])
    expect((await door.send('/@ann/open/-/open-1.0.0.tgz')).headers['cache-control']).toBe('public, max-age=31536000, immutable')
  })

  test('is harmless where names are those of properties of every object', async () => {
    for (const name of ['constructor', '@ann/constructor']) {
      await door.publish(ann, name, { manifest: JSON.parse('{"dependencies":{"__proto__":"^1.0.0"},"__proto__":{"polluted":1}}') })
      await door.sql`update artifacts set visibility = 'public' where name = 'constructor'`
      await door.kernel
        .resolve(Tags)
        .move(ann, refOf(name), { tag: '__proto__', version: '1.0.0' })
        .catch(() => undefined)
      const text = (await door.send(`/${name}`, asAnn)).bytes.toString()
      expect(text).toContain('"dependencies":{"__proto__":"^1.0.0"}')
      expect((await door.send(`/${name}/constructor`, asAnn)).status).toBe(404)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    }
  })

  test('D-32: a query parameter that comes twice is refused', async () => {
    expect((await door.send('/@ann/open?write=true')).status).toBe(200)
    expect((await door.send('/@ann/open?write=a&write=b')).status).toBe(400)
  })
})

describe('one version', () => {
  test('comes by its name and by its tag, as the document has it', async () => {
    await door.publish(ann, '@ann/single@1.2.3')
    const document = (await door.send('/@ann/single', asAnn)).json()
    for (const version of ['1.2.3', 'latest']) {
      const answer = await door.send(`/@ann/single/${version}`, asAnn)
      expect(answer.json()).toEqual(document.versions['1.2.3'])
      const again = await door.send(`/@ann/single/${version}`, asking({ 'if-none-match': String(answer.headers.etag) }))
      expect(again.status).toBe(304)
    }
    expect((await door.send('/@ann/single/%5E1.0', asAnn)).status).toBe(404)
    const head = await door.send('/@ann/single/latest', { ...asAnn, method: 'HEAD' })
    expect([head.status, Number(head.headers['content-length']) > 100]).toEqual([200, true])
  })
})

describe('a tarball', () => {
  test('comes whole, in ranges and not again, and each download counts', async () => {
    const tarball = await door.publish(ann, '@ann/packed')
    const path = '/@ann/packed/-/packed-1.0.0.tgz'
    const whole = await door.send(path, asAnn)
    expect(whole.bytes).toEqual(tarball)
    expect(whole.headers).toMatchObject({
      ...{ 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', 'content-length': String(tarball.length) },
      'cache-control': 'private, max-age=31536000, immutable',
    })
    const part = await door.send(path, asking({ range: 'bytes=10-19' }))
    expect([part.status, part.headers['content-range'], part.bytes]).toEqual([
      206,
      `bytes 10-19/${tarball.length}`,
      tarball.subarray(10, 20),
    ])
    expect((await door.send(path, asking({ 'if-none-match': String(whole.headers.etag) }))).status).toBe(304)
    const beyond = await door.send(path, asking({ range: `bytes=${tarball.length}-` }))
    expect([beyond.status, beyond.headers['cache-control'] ?? '']).toEqual([416, expect.not.stringContaining('immutable')])
    const head = await door.send(path, { ...asAnn, method: 'HEAD' })
    expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([200, String(tarball.length), 0])
    const others = ['packed-1.0.1.tgz', 'packed-1.0.0', 'other-1.0.0.tgz', 'packed-.tgz', '1.0.0', 'packed-1.0.0.tgz.tgz', 'packed-%2e.tgz']
    for (const file of others) expect((await door.send(`/@ann/packed/-/${file}`, asAnn)).status, file).toBe(404)
    await expect
      .poll(async () => (await door.sql<{ downloads: number }>`select downloads from artifacts where name = 'packed'`)[0]?.downloads, {
        timeout: 5_000,
      })
      .toBe(1)
  })
})

test('br and zstd are sent to who takes them once a document has come to rest', async () => {
  await using quiet = await openDocuments({ settings: { packuments: { quietSeconds: 0.2, workerIdleSeconds: 0.2 } } })
  const bob = await quiet.user('bob')
  await quiet.publish(bob, '@bob/resting')
  const read = () => quiet.send('/@bob/resting', { as: 'bob', headers: { 'accept-encoding': 'br;q=1, gzip;q=0.9' } })
  const first = await read()
  expect(first.headers['content-encoding']).toBe('gzip')
  await expect.poll(async () => (await read()).headers['content-encoding'], { timeout: 10_000 }).toBe('br')
  const rested = await read()
  expect(brotliDecompressSync(rested.bytes)).toEqual(gunzipSync(first.bytes))
  const known = await quiet.send('/@bob/resting', {
    as: 'bob',
    headers: { 'accept-encoding': 'br;q=1, gzip;q=0.9', 'if-none-match': String(first.headers.etag) },
  })
  expect(known.status).toBe(304)
})
