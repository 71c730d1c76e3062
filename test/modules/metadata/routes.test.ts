import { expect, test } from 'vitest'
import { administrator, openRegistry, outcome } from './open-registry.ts'

test('an artifact is described with its tags, counts and owner', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  const ada = await user('ada')
  await publish(ada, 'ada/widget', { version: '1.0.0' })
  await publish(ada, 'ada/widget', { version: '1.1.0', tags: ['stable'] })
  const answer = await request('GET', '/v1/artifacts/ada/widget', { as: 'ada' })
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    namespace: 'ada',
    name: 'widget',
    format: 'generic',
    type: 'module-binary',
    visibility: 'inherit',
    latest: '1.1.0',
    versionCount: 2,
    stars: 0,
    starred: false,
    downloads: 0,
    owner: { name: 'ada', type: 'user', verified: false },
    tags: [
      { name: 'latest', version: '1.1.0' },
      { name: 'stable', version: '1.1.0' },
    ],
  })
})

test('a name of several segments is one parameter', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  await publish(await user('ada'), 'ada/team/api')
  const answer = await request('GET', '/v1/artifacts/ada/team%2Fapi', { as: 'ada' })
  expect(answer.json()).toMatchObject({ name: 'team/api' })
})

test('metadata of a version has an entity tag that a later read may name', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  await publish(await user('ada'), 'ada/widget')
  const url = '/v1/artifacts/ada/widget/1.0.0/metadata'
  const first = await request('GET', url, { as: 'ada' })
  expect(first.json()).toMatchObject({
    version: '1.0.0',
    state: 'published',
    publishedBy: 'ada',
    metadata: { name: 'widget', version: '1.0.0' },
  })
  const etag = String(first.headers['etag'])
  const second = await request('GET', url, { as: 'ada', headers: { 'if-none-match': `"other", W/${etag}` } })
  expect([second.statusCode, second.body]).toEqual([304, ''])
  const head = await request('HEAD', url, { as: 'ada' })
  expect([head.statusCode, head.body, head.headers['etag']]).toEqual([200, '', etag])
  await request('PUT', '/v1/artifacts/ada/widget/1.0.0/yank', { as: 'ada', body: { reason: 'broken' } })
  const third = await request('GET', url, { as: 'ada', headers: { 'if-none-match': etag } })
  expect(third.json()).toMatchObject({ state: 'yanked', stateReason: 'broken' })
})

test('yank and deprecation over REST need no more than a reason', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  await publish(await user('ada'), 'ada/widget')
  const base = '/v1/artifacts/ada/widget/1.0.0'
  const deprecated = await request('PUT', `${base}/deprecation`, { as: 'ada', body: { reason: 'use gadget' } })
  expect(deprecated.json()).toMatchObject({ state: 'deprecated', stateReason: 'use gadget' })
  const yanked = await request('PUT', `${base}/yank`, { as: 'ada' })
  expect(yanked.json()).toMatchObject({ state: 'yanked', stateReason: null })
  const unyanked = await request('DELETE', `${base}/yank`, { as: 'ada' })
  expect(unyanked.json()).toMatchObject({ state: 'deprecated', stateReason: 'use gadget' })
  const restored = await request('DELETE', `${base}/deprecation`, { as: 'ada' })
  expect(restored.json()).toMatchObject({ state: 'published', stateReason: null })
  const missing = await request('PUT', `${base}/deprecation`, { as: 'ada', body: {} })
  expect(missing.statusCode).toBe(400)
})

test('tags over REST: put, read, history, remove', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  const ada = await user('ada')
  await publish(ada, 'ada/widget', { version: '1.0.0' })
  await publish(ada, 'ada/widget', { version: '2.0.0' })
  const url = '/v1/artifacts/ada/widget/-/tags/stable'
  const put = await request('PUT', url, { as: 'ada', body: { version: '1.0.0' } })
  expect(put.json()).toMatchObject({ name: 'stable', version: '1.0.0', etag: put.headers['etag'] })
  const moved = await request('PUT', url, { as: 'ada', body: { version: '2.0.0' }, headers: { 'if-match': String(put.headers['etag']) } })
  expect(moved.json()).toMatchObject({ version: '2.0.0' })
  const late = await request('PUT', url, { as: 'ada', body: { version: '1.0.0' }, headers: { 'if-match': String(put.headers['etag']) } })
  expect([late.statusCode, late.json().code]).toEqual([412, 'metadata.tag_changed'])
  expect((await request('GET', url, { as: 'ada' })).json()).toMatchObject({ version: '2.0.0' })
  expect((await request('GET', '/v1/artifacts/ada/widget/-/tags', { as: 'ada' })).json().items).toMatchObject([
    { name: 'latest' },
    { name: 'stable' },
  ])
  const removed = await request('DELETE', url, { as: 'ada' })
  expect([removed.statusCode, removed.body]).toEqual([204, ''])
  expect((await request('GET', url, { as: 'ada' })).statusCode).toBe(404)
  const history = await request('GET', `${url}/history`, { as: 'ada' })
  expect(history.json().items).toMatchObject([
    { fromVersion: '2.0.0', toVersion: null, changedBy: 'ada' },
    { fromVersion: '1.0.0', toVersion: '2.0.0' },
    { fromVersion: null, toVersion: '1.0.0' },
  ])
})

test('stars are counted once per user', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  await publish(await user('ada'), 'ada/widget')
  const url = '/v1/artifacts/ada/widget/-/star'
  expect((await request('PUT', url, { as: 'ada' })).json()).toEqual({ starred: true, stars: 1 })
  expect((await request('PUT', url, { as: 'ada' })).json()).toEqual({ starred: true, stars: 1 })
  expect((await request('GET', '/v1/artifacts/ada/widget', { as: 'ada' })).json()).toMatchObject({ stars: 1, starred: true })
  expect((await request('DELETE', url, { as: 'ada' })).json()).toEqual({ starred: false, stars: 0 })
})

test('a namespace shows owner and counts, and takes settings by parts', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  await publish(await user('ada'), 'ada/widget')
  const changed = await request('PATCH', '/v1/namespaces/ada', {
    as: 'ada',
    body: { visibility: 'public', settings: { defaultLicense: 'MIT', immutableTags: 'semver' } },
  })
  expect(changed.json()).toMatchObject({
    visibility: 'public',
    settings: { defaultLicense: 'MIT', immutableTags: 'semver', allowPublicPublish: true },
  })
  const back = await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { defaultLicense: null } } })
  expect(back.json().settings).not.toHaveProperty('defaultLicense')
  expect((await request('GET', '/v1/namespaces/ada')).json()).toMatchObject({
    name: 'ada',
    artifactCount: 1,
    totalDownloads: 0,
    owner: { name: 'ada' },
  })
  expect((await request('GET', '/v1/publishers/ada')).json()).toMatchObject({
    type: 'user',
    username: 'ada',
    namespace: 'ada',
    artifactCount: 1,
  })
  const unknown = await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { color: 'red' } } })
  expect(unknown.statusCode).toBe(400)
  const quota = await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { quotaBytes: 10 } } })
  expect([quota.statusCode, quota.json().code]).toEqual([403, 'metadata.quota_not_yours'])
})

test('members get rights, and only owners make owners', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  await publish(await user('ada'), 'ada/widget')
  await user('bob')
  await user('eve')
  expect((await request('GET', '/v1/artifacts/ada/widget', { as: 'bob' })).statusCode).toBe(404)
  const set = await request('PUT', '/v1/namespaces/ada/members/bob', { as: 'ada', body: { role: 'admin' } })
  expect(set.json()).toMatchObject({ username: 'bob', role: 'admin' })
  expect((await request('GET', '/v1/artifacts/ada/widget', { as: 'bob' })).statusCode).toBe(200)
  expect((await request('PUT', '/v1/namespaces/ada/members/eve', { as: 'bob', body: { role: 'owner' } })).statusCode).toBe(403)
  expect((await request('PUT', '/v1/namespaces/ada/members/ada', { as: 'bob', body: { role: 'read' } })).statusCode).toBe(403)
  expect((await request('GET', '/v1/namespaces/ada/members', { as: 'bob' })).json().items).toMatchObject([
    { username: 'ada' },
    { username: 'bob' },
  ])
  expect((await request('GET', '/v1/namespaces/ada/members/bob', { as: 'bob' })).json()).toMatchObject({ role: 'admin' })
  expect((await request('DELETE', '/v1/namespaces/ada/members/bob', { as: 'ada' })).statusCode).toBe(204)
  expect((await request('GET', '/v1/artifacts/ada/widget', { as: 'bob' })).statusCode).toBe(404)
})

test('a grant opens one artifact, and its namespace only as far', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  const ada = await user('ada')
  await publish(ada, 'ada/widget')
  await publish(ada, 'ada/secret')
  await user('bob')
  const url = '/v1/artifacts/ada/widget/-/grants/user/bob'
  expect((await request('PUT', url, { as: 'ada', body: { role: 'admin' } })).json()).toMatchObject({
    subject: { kind: 'user', name: 'bob' },
    role: 'admin',
  })
  expect((await request('GET', '/v1/artifacts/ada', { as: 'bob' })).json().items).toMatchObject([{ name: 'widget' }])
  expect((await request('GET', '/v1/namespaces/ada', { as: 'bob' })).statusCode).toBe(404)
  expect((await request('PUT', '/v1/artifacts/ada/widget/-/grants/user/ada', { as: 'bob', body: { role: 'owner' } })).statusCode).toBe(403)
  expect((await request('GET', '/v1/artifacts/ada/widget/-/grants', { as: 'ada' })).json().items).toHaveLength(1)
  expect((await request('GET', url, { as: 'ada' })).json()).toMatchObject({ role: 'admin' })
  expect((await request('DELETE', url, { as: 'ada' })).statusCode).toBe(204)
  expect((await request('GET', '/v1/artifacts/ada', { as: 'bob' })).statusCode).toBe(404)
})

test('D-32: a parameter of the wrong shape is a 400', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  await publish(await user('ada'), 'ada/widget')
  const queries = [
    'limit=1&limit=2',
    'limit=0',
    'limit=1001',
    'limit=x',
    'format=npm&format=oci',
    'format=zip',
    'cursor=a&cursor=b',
    'cursor=',
  ]
  for (const query of queries) {
    for (const path of ['/v1/artifacts/ada', '/v1/artifacts/ada/widget/-/versions', '/v1/artifacts/ada/widget/-/tags']) {
      const { statusCode } = await request('GET', `${path}?${query}`, { as: 'ada' })
      expect({ path, query, statusCode }).toEqual({ path, query, statusCode: 400 })
    }
  }
  for (const body of [{}, { version: 1 }, { version: ['1.0.0'] }, { version: '1.0.0', extra: true }, null, []]) {
    const { statusCode } = await request('PUT', '/v1/artifacts/ada/widget/-/tags/stable', { as: 'ada', body })
    expect({ body, statusCode }).toEqual({ body, statusCode: 400 })
  }
})

test('an account older than this module gets its namespace when somebody asks for it', async () => {
  await using registry = await openRegistry()
  const { sql, request, user, catalog } = registry
  const { userId } = await user('ada')
  expect(await outcome(catalog.namespace(administrator, 'old', 'read'))).toBe('metadata.namespace_not_found')
  await sql`insert into accounts (id, name, name_fold, kind, display_name) values (gen_random_uuid(), 'older', 'older', 'organization', 'Older')`
  expect((await catalog.namespace(administrator, 'older', 'read')).visibility).toBe('private')
  expect(await sql`select account_id from namespaces where name in ('ada', 'library') order by name`).toEqual([
    { account_id: userId },
    { account_id: null },
  ])
  expect((await request('GET', '/v1/namespaces/library')).json()).toMatchObject({ visibility: 'public', owner: null })
})
