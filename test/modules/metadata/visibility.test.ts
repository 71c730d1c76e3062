import { expect, test } from 'vitest'
import metadata from '../../../src/modules/metadata/module.ts'
import { openRegistry, type Registry } from './open-registry.ts'

const bodies: Record<string, unknown> = {
  'PATCH /v1/namespaces/:namespace': { visibility: 'public' },
  'PUT /v1/namespaces/:namespace/members/:username': { role: 'read' },
  'PATCH /v1/artifacts/:namespace/:name': { description: 'mine' },
  'PUT /v1/artifacts/:namespace/:name/-/tags/:tag': { version: '1.0.0' },
  'PUT /v1/artifacts/:namespace/:name/-/grants/:kind/:subject': { role: 'read' },
  'PUT /v1/artifacts/:namespace/:name/:version/deprecation': { reason: 'old' },
}
const own = { kind: 'user', subject: 'eve', username: 'eve', tag: 'latest', version: '1.0.0' }
// Lists what the caller may see; there is nothing hidden to ask for.
const routes = metadata.handlers.map(({ method, url }) => ({ method: String(method), url })).filter(({ url }) => url !== '/v1/namespaces')

const filled = (url: string, values: Record<string, string>): string =>
  url.replace(/:(\w+)/g, (_, key: string) => values[key] ?? own[key as keyof typeof own])

async function answer(registry: Registry, route: (typeof routes)[number], { values, as }: { values: Record<string, string>; as?: string }) {
  const body = bodies[`${route.method} ${route.url}`]
  const { statusCode, headers, payload } = await registry.request(route.method as 'GET', filled(route.url, values), {
    ...(as && { as }),
    ...(body !== undefined && { body }),
  })
  const { requestId: _, timestamp: __, ...rest } = JSON.parse(payload || '{}')
  return { statusCode, type: headers['content-type'], challenge: headers['www-authenticate'], rest }
}

test.each([undefined, 'eve'])('D-13: on every route a hidden thing and an absent one answer alike to %s', async (as) => {
  await using registry = await openRegistry()
  const { user, publish } = registry
  await publish(await user('ada'), 'ada/secret')
  await user('eve')
  const caller = as ? { as } : {}
  for (const route of routes) {
    const hidden = await answer(registry, route, {
      values: { namespace: 'ada', name: route.url.includes('publishers') ? 'ada' : 'secret' },
      ...caller,
    })
    const absent = await answer(registry, route, {
      values: { namespace: 'nobody', name: route.url.includes('publishers') ? 'nobody' : 'secret' },
      ...caller,
    })
    const missing = await answer(registry, route, {
      values: { namespace: 'ada', name: route.url.includes('publishers') ? 'nobody' : 'other' },
      ...caller,
    })
    expect({ route, ...hidden }).toEqual({ route, ...absent })
    expect({ route, ...hidden }).toEqual({ route, ...missing })
    expect({ route, status: hidden.statusCode }).toEqual({ route, status: as ? 404 : 401 })
  }
  expect(routes.length).toBeGreaterThan(25)
})

test('a private artifact in a public namespace is in no list, count or answer of a stranger', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  const ada = await user('ada')
  await user('eve')
  await publish(ada, 'ada/open')
  await publish(ada, 'ada/secret')
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  await request('PATCH', '/v1/artifacts/ada/secret', { as: 'ada', body: { visibility: 'private' } })
  for (const caller of [{}, { as: 'eve' }]) {
    expect((await request('GET', '/v1/artifacts/ada', caller)).json().items).toMatchObject([{ name: 'open' }])
    expect((await request('GET', '/v1/namespaces/ada', caller)).json()).toMatchObject({ artifactCount: 1 })
    expect((await request('GET', '/v1/publishers/ada', caller)).json()).toMatchObject({ artifactCount: 1 })
    const hidden = await request('GET', '/v1/artifacts/ada/secret', caller)
    const absent = await request('GET', '/v1/artifacts/ada/nothing', caller)
    const { requestId: _, timestamp: __, ...first } = hidden.json()
    const { requestId: ___, timestamp: ____, ...second } = absent.json()
    expect(first).toEqual(second)
  }
  expect((await request('GET', '/v1/artifacts/ada', { as: 'ada' })).json().items).toHaveLength(2)
})

test('a hidden format makes no name ambiguous', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  const ada = await user('ada')
  await publish(ada, 'ada/widget')
  await publish(
    ada,
    { namespace: 'ada', name: 'widget', format: 'npm', type: 'module-node' },
    { bare: true, metadata: { name: 'widget', version: '1.0.0' } },
  )
  const both = await request('GET', '/v1/artifacts/ada/widget', { as: 'ada' })
  expect([both.statusCode, both.json().code, both.json().details]).toEqual([
    409,
    'metadata.ambiguous_format',
    { formats: ['generic', 'npm'] },
  ])
  expect((await request('GET', '/v1/artifacts/ada/widget?format=npm', { as: 'ada' })).json()).toMatchObject({ type: 'module-node' })
  await request('PATCH', '/v1/artifacts/ada/widget?format=npm', { as: 'ada', body: { visibility: 'public' } })
  expect((await request('GET', '/v1/artifacts/ada/widget')).json()).toMatchObject({ format: 'npm' })
})

test('the list of namespaces has what the caller may see', async () => {
  await using registry = await openRegistry()
  const { user, request } = registry
  await user('ada')
  await user('bob')
  await request('PATCH', '/v1/namespaces/bob', { as: 'bob', body: { visibility: 'public' } })
  const names = async (as?: string) =>
    (await request('GET', '/v1/namespaces', as ? { as } : {})).json().items.map(({ name }: { name: string }) => name)
  expect(await names()).toEqual(['bob', 'library'])
  expect(await names('ada')).toEqual(['ada', 'bob', 'library'])
})

test('nothing becomes public where the namespace forbids it', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  await publish(await user('ada'), 'ada/widget')
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { allowPublicPublish: false } } })
  for (const url of ['/v1/artifacts/ada/widget', '/v1/namespaces/ada']) {
    const answer = await request('PATCH', url, { as: 'ada', body: { visibility: 'public' } })
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'metadata.public_not_allowed'])
  }
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { allowPublicPublish: true } } })
  await request('PATCH', '/v1/artifacts/ada/widget', { as: 'ada', body: { visibility: 'public' } })
  const late = await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { allowPublicPublish: false } } })
  expect(late.json().code).toBe('metadata.public_not_allowed')
})

test('D-14: hostile names are a 4xx, wherever they stand', async () => {
  await using registry = await openRegistry()
  const { user, request } = registry
  await user('ada')
  for (const name of ['..%2Fx', '%2e%2e', 'a%00b', 'раypal', 'A', 'x'.repeat(10_000), 'a//b', '-/-']) {
    const urls = [
      `/v1/namespaces/${name}`,
      `/v1/artifacts/ada/${name}`,
      `/v1/artifacts/${name}/x/-/tags`,
      `/v1/artifacts/ada/x/${name}/metadata`,
    ]
    for (const url of urls) {
      const { statusCode } = await request('GET', encodeURI(url).replaceAll('%25', '%'), { as: 'ada' })
      expect({ url, isRefused: statusCode >= 400 && statusCode < 500 }).toEqual({ url, isRefused: true })
    }
  }
})
