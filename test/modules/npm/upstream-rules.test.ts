import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Publishing } from '../../../src/modules/artifacts/contract.ts'
import { Organizations } from '../../../src/modules/auth/organizations.service.ts'
import { Users } from '../../../src/modules/auth/users.service.ts'
import { anonymous } from '../../../src/shared/kernel/principal.ts'
import { openUpstream, serve } from './fake-npm-upstream.ts'
import { type AnyDocument, openCache } from './open-cache.ts'
import { npmDocument, packed } from './package-tarball.ts'

/** Some routes at the root answer with a page. */
const ignoreText = (error: unknown): void => {
  if (!(error instanceof SyntaxError)) throw error
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()

test('no name that is here, and none of a scope that is a namespace here, is ever looked up elsewhere', async () => {
  const upstream = await openUpstream()
  const cache = await openCache({ upstream })
  expect((await cache.publish('@acme/widget', '1.0.0')).status).toBeLessThan(300)
  expect((await cache.publish('@ann/own', '1.0.0')).status).toBeLessThan(300)
  await cache.publish('plain', '1.0.0')
  upstream.seen.length = 0
  for (const name of ['@acme/widget', '@acme/missing', '@bob/any', '@ann/own', 'plain', '@acme/Widget', 'Plain', '@library/left'])
    upstream.put(name, { '1.0.0': {}, '9.9.9': {} })
  const paths = [...upstream.documents.keys()].flatMap((name) => {
    const short = name.split('/').at(-1)
    const forms = [name.replace('/', '%2f'), name, `${name}/-/${short}-9.9.9.tgz`, `${name}/9.9.9`, `${name}/latest`]
    return forms.flatMap((form) => [`/npm/${form}`, `/${form}`])
  })
  for (const as of ['ann', 'bob', undefined])
    await Promise.all(paths.map((path) => cache.send('GET', path, as === undefined ? {} : { as }).catch(ignoreText)))
  expect(upstream.seen).toEqual([])
  const own = (await cache.get('@ann/own', 'ann')).json<AnyDocument>()
  const plain = (await cache.get('plain')).json<AnyDocument>()
  expect([Object.keys(own.versions), Object.keys(plain.versions), (await cache.get('@ann/own', 'bob')).status]).toEqual([
    ['1.0.0'],
    ['1.0.0'],
    404,
  ])
})

test('only names that a pattern fits are asked for, and the first pattern that fits decides', async () => {
  const [first, second] = [await openUpstream(), await openUpstream()]
  first.put('@types/node', { '1.0.0': {} })
  second.put('@types/node', { '2.0.0': {} })
  const upstreams = [
    { match: ['@types/*', 'left-*'], url: first.origin },
    { match: ['@*/*'], url: second.origin },
  ]
  const cache = await openCache({ upstream: first, upstreams })
  expect(Object.keys((await cache.get('@types/node')).json<AnyDocument>().versions)).toEqual(['1.0.0'])
  expect((await cache.get('right', 'ann')).status).toBe(404)
  expect([(await cache.get('left-x', 'ann')).status, first.count('/left-x'), second.seen.length]).toEqual([404, 1, 0])
})

test('a new name that the upstream has is not published here, and neither is one where that cannot be known', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  const cache = await openCache({ upstream })
  const refused = await cache.publish('left', '7.0.0')
  expect([refused.status, refused.code]).toEqual([409, 'npm.name_elsewhere'])
  expect((await cache.publish('mine', '1.0.0')).status).toBeLessThan(300)
  upstream.put('mine', { '9.0.0': {} })
  upstream.state.status = 500
  expect((await cache.publish('mine', '1.0.1')).status).toBeLessThan(300)
  const unknown = await cache.publish('unknown', '1.0.0')
  expect([unknown.status, unknown.code]).toEqual([503, 'npm.upstream_unavailable'])
  expect((await cache.publish('@acme/widget', '1.0.0')).status).toBeLessThan(300)
})

test('nor is it by way of another door, or in a batch', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  const cache = await openCache({ upstream })
  const manifest = { name: 'left', version: '7.0.0' }
  const document = npmDocument(manifest, await packed(manifest, {}))
  const refused = await cache.send('PUT', '/npm/-/pnpm/v1/publish', { as: 'ann', body: { packages: [document] } })
  expect([refused.status, refused.code]).toEqual([409, 'npm.name_elsewhere'])
  const { id } = await cache.kernel.resolve(Users).find('ann')
  const ann = { userId: id, username: 'ann', isAdmin: false, scopes: new Set(['read', 'publish', 'admin'] as const) }
  const target = { namespace: 'library', name: 'left', format: 'npm', type: 'module-node' } as const
  const content = { version: '7.0.0', body: Readable.from([Buffer.from('x')]), metadata: manifest, bare: true as const }
  await expect(cache.kernel.resolve(Publishing).publishBlob(ann, target, content)).rejects.toMatchObject({ code: 'npm.name_elsewhere' })
  expect(await cache.sql`select 1 from artifacts where name = 'left'`).toEqual([])
})

test('what is blocked is not shown and cannot be downloaded, and latest moves back', async () => {
  const upstream = await openUpstream()
  const versions = { '1.0.0': {}, '1.1.0': {}, '1.2.0-rc.1': {}, '1.2.0': {}, '2.0.0': {} }
  upstream.put('left', versions, { tags: { latest: '1.2.0', next: '2.0.0', bad: '1.2.0' } })
  upstream.put('evil', { '1.0.0': {} })
  upstream.put('@bad/thing', { '1.0.0': {} })
  const cache = await openCache({ upstream, more: { block: ['left@1.2.0', 'evil', '@bad/*'] } })
  const document = (await cache.get('left')).json<AnyDocument>()
  expect(document['dist-tags']).toEqual({ next: '2.0.0', latest: '1.1.0' })
  expect([Object.keys(document.versions), '1.2.0' in document.time]).toEqual([['1.0.0', '1.1.0', '1.2.0-rc.1', '2.0.0'], false])
  expect((await cache.tarball('left', '1.2.0')).status).toBe(404)
  expect((await cache.send('GET', '/npm/left/1.2.0')).status).toBe(404)
  for (const name of ['evil', '@bad/thing']) {
    expect((await cache.get(name, 'ann')).status).toBe(404)
    expect((await cache.tarball(name, '1.0.0')).status).not.toBe(200)
  }
  expect([upstream.count('evil'), upstream.count('bad')]).toEqual([0, 0])
  expect((await cache.publish('evil', '1.0.0')).code).toBe('npm.name_elsewhere')
})

test('versions younger than the minimum age are not there until they are old enough', async () => {
  const upstream = await openUpstream()
  const cache = await openCache({ upstream, more: { minReleaseAgeHours: 72, cacheSeconds: 600 } })
  upstream.put('left', {
    '1.0.0': { publishedAt: daysAgo(30) },
    '1.1.0': { publishedAt: daysAgo(2) },
    '2.0.0': { publishedAt: new Date(Date.now() - 86_400_000 * 3 + 6_000).toISOString() },
    '3.0.0': { publishedAt: 'no date' },
  })
  upstream.put('new', { '1.0.0': { publishedAt: daysAgo(1) } })
  const before = (await cache.get('left')).json<AnyDocument>()
  expect([Object.keys(before.versions), before['dist-tags']]).toEqual([['1.0.0'], { latest: '1.0.0' }])
  expect([(await cache.tarball('left', '1.1.0')).status, (await cache.get('new', 'ann')).status]).toEqual([404, 404])
  expect((await cache.publish('new', '1.0.0')).code).toBe('npm.name_elsewhere')
  const shown = async () => Object.keys((await cache.get('left')).json<AnyDocument>().versions)
  await expect.poll(shown, { timeout: 15_000 }).toEqual(['1.0.0', '2.0.0'])
  expect(upstream.count('/left')).toBe(1)
})

test('what comes from an upstream with credentials is for the authenticated, unless it is said otherwise', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  for (const [more, expected] of [
    [{ token: 't' }, 401],
    [{ access: 'authenticated' }, 401],
    [{ username: 'u', password: 'p', access: 'anyone' }, 200],
  ] as const) {
    upstream.seen.length = 0
    const cache = await openCache({ upstream, more })
    const answers = [await cache.get('left'), await cache.tarball('left', '1.0.0'), await cache.send('GET', '/npm/left/latest')]
    expect(answers.map(({ status }) => status)).toEqual([expected, expected, expected])
    if (expected === 401) expect(upstream.seen).toEqual([])
    const known = await cache.get('left', 'bob')
    expect([known.status, known.headers.get('cache-control')]).toEqual([200, expected === 401 ? 'private, no-cache' : 'public, no-cache'])
  }
})

test('D-24: credentials are for the upstream alone, wherever its tarballs lie', async () => {
  const upstream = await openUpstream()
  const storage = await serve((_request, response) => response.end(bytes['2.0.0']))
  const bytes = upstream.put('left', { '1.0.0': {}, '2.0.0': { dist: { tarball: `${storage.origin}/there.tgz` } } })
  const cache = await openCache({ upstream, more: { token: 'hunter2', access: 'anyone' } })
  expect([(await cache.tarball('left', '1.0.0')).status, (await cache.tarball('left', '2.0.0')).status]).toEqual([200, 200])
  expect(new Set(upstream.seen.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hunter2']))
  expect(storage.seen.map(({ authorization }) => authorization)).toEqual([undefined])
  upstream.state.status = 401
  await cache.get('other')
  expect(JSON.stringify(cache.kernel.log)).not.toContain('hunter2')
})

test('D-24: neither an upstream nor a tarball at an address that is not public is connected to', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': { dist: { tarball: 'http://10.1.2.3/x.tgz' } }, '2.0.0': { dist: { tarball: 'file:///etc/passwd' } } })
  const cache = await openCache({ upstream })
  for (const version of ['1.0.0', '2.0.0']) expect((await cache.tarball('left', version)).code).toBe('npm.upstream_unavailable')
  const before = upstream.seen.length
  const closed = await openCache({ upstream, allow: [] })
  expect([(await closed.get('left')).code, upstream.seen.length]).toEqual(['npm.upstream_unavailable', before])
})

test('design.md §2: nobody but an administrator gets the name of a scope that a pattern names or guesses', async () => {
  const upstream = await openUpstream()
  const upstreams = [{ match: ['@types/*', '@babel/core', '@acme-*/*', 'plain'], url: upstream.origin }]
  const { kernel, sql } = await openCache({ upstream, upstreams })
  const register = (username: string, as = anonymous) =>
    kernel.resolve(Users).register(as, { username, password: 'correct horse battery', email: null })
  const refused = { code: 'npm.scope_elsewhere', kind: 'forbidden' }
  for (const name of ['types', 'ty-pes', 'babel', 'acme-tools']) await expect(register(name)).rejects.toMatchObject(refused)
  const { id } = await register('plain')
  const owner = { userId: id, username: 'plain', isAdmin: false, scopes: new Set(['read', 'publish', 'admin'] as const) }
  await expect(kernel.resolve(Organizations).create(owner, 'types', undefined)).rejects.toMatchObject(refused)
  // An administrator whose token is for less is none here.
  const narrow = { ...owner, isAdmin: true, scopes: new Set(['read', 'publish'] as const) }
  await expect(register('types', narrow)).rejects.toMatchObject(refused)
  expect(await sql`select 1 from accounts where name in ('types', 'ty-pes', 'babel', 'acme-tools')`).toEqual([])
  await kernel.resolve(Organizations).create({ ...owner, isAdmin: true }, 'types', undefined)
  await register('acme-tools', { ...owner, isAdmin: true })
})

test('where a pattern fits every scope nobody registers, by no route, and what was installed from elsewhere stays', async () => {
  const upstream = await openUpstream()
  upstream.put('@mallory/tool', { '1.0.0': {} })
  const cache = await openCache({ upstream })
  expect((await cache.get('@mallory/tool')).status).toBe(200)
  const user = { username: 'mallory', password: 'correct horse battery', email: 'mallory@example.org' }
  const { username: name, ...couch } = user
  const id = 'org.couchdb.user:mallory'
  const attempts = [
    await cache.send('PUT', `/npm/-/user/${id}`, { body: { ...couch, _id: id, name } }),
    await cache.send('POST', '/v1/users', { body: user }),
    await cache.send('POST', '/v1/organizations', { as: 'ann', body: { name } }),
  ]
  expect(attempts.map(({ status, code }) => [status, code])).toEqual(attempts.map(() => [403, 'npm.scope_elsewhere']))
  expect(await cache.sql`select 1 from namespaces where name = ${name}`).toEqual([])
  expect(Object.keys((await cache.get('@mallory/tool')).json<AnyDocument>().versions)).toEqual(['1.0.0'])
  const made = await cache.send('POST', '/v1/users', { as: 'admin', body: user })
  expect([made.status, (await cache.get('@mallory/tool', 'ann')).status]).toEqual([201, 404])
})

test('no push of the OCI door makes a package: there is none of a name that comes from elsewhere', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  const cache = await openCache({ upstream })
  const manifest = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config: {}, layers: [] }
  const headers = { 'content-type': manifest.mediaType }
  for (const repository of ['npm/left', 'npm/library/left', 'npm/acme/right'])
    expect(
      (await cache.send('PUT', `/v2/${repository}/manifests/1.0.0`, { as: 'ann', headers, body: JSON.stringify(manifest) })).status,
    ).toBe(404)
  expect((await cache.send('POST', '/v2/npm/left/blobs/uploads/', { as: 'ann' })).status).toBe(409)
  const upload = await cache.send('POST', '/v1/uploads', { as: 'ann', body: { namespace: 'library', name: 'left', format: 'npm' } })
  expect([upload.status, upload.code]).toEqual([409, 'npm.name_elsewhere'])
  expect(await cache.sql`select 1 from artifacts where format = 'npm'`).toEqual([])
})
