import { afterAll, beforeAll, expect, test } from 'vitest'
import { References } from '../../../src/modules/metadata/references.contract.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { administrator, digest, openRegistry, outcome, type Registry } from './open-registry.ts'

let registry: Registry
let references: References
const people = new Map<string, Principal>()
const of = (name: string): Principal => people.get(name) ?? anonymous
const target = (text: string) => {
  const [namespace = '', name = ''] = text.split(':')
  return { namespace, name, format: 'oci', type: 'module-oci' } as const
}
const push = async (as: string, repository: string) => {
  const located = await registry.catalog.openForPublish(of(as), target(repository))
  await references.assign(located, ['a'], { manifestDigest: digest(), sizeBytes: 1, settlesType: true })
  return located
}
const set = (as: string, url: string, body: object) => registry.request('PATCH', url, { as, body })

/** ada is private but for one image, bob public but for one; dan may read one of ada's. */
beforeAll(async () => {
  registry = await openRegistry()
  references = registry.kernel.resolve(References)
  for (const name of ['ada', 'bob', 'cyd', 'dan']) people.set(name, await registry.user(name))
  people.set('root', administrator)
  await set('bob', '/v1/namespaces/bob', { visibility: 'public' })
  for (const repository of ['ada:secret', 'ada:shared', 'ada:open', 'ada:z/deep']) await push('ada', repository)
  for (const repository of ['bob:hidden', 'bob:plain']) await push('bob', repository)
  await push('cyd', 'library:base')
  await set('ada', '/v1/artifacts/ada/open', { visibility: 'public' })
  await set('bob', '/v1/artifacts/bob/hidden', { visibility: 'private' })
  await registry.request('PUT', '/v1/artifacts/ada/shared/-/grants/user/dan', { as: 'ada', body: { role: 'read' } })
  // Neither has a manifest, or is an image.
  await registry.catalog.openForPublish(of('ada'), target('ada:empty'))
  await registry.publish(of('ada'), 'ada/package')
})
afterAll(() => registry[Symbol.asyncDispose]())

const everybody = ['ada:open', 'bob:plain', 'library:base']
const seen: Readonly<Record<string, readonly string[]>> = {
  nobody: everybody,
  cyd: everybody,
  dan: ['ada:open', 'ada:shared', 'bob:plain', 'library:base'],
  ada: ['ada:open', 'ada:secret', 'ada:shared', 'ada:z/deep', 'bob:plain', 'library:base'],
  bob: ['ada:open', 'bob:hidden', 'bob:plain', 'library:base'],
  root: ['ada:open', 'ada:secret', 'ada:shared', 'ada:z/deep', 'bob:hidden', 'bob:plain', 'library:base'],
}

test.each(Object.entries(seen))('%s sees its repositories and no other, in pages of any size', async (name, expected) => {
  for (const limit of [1, 2, 3, 100]) {
    const found: { readonly namespace: string; readonly name: string }[] = []
    for (;;) {
      const last = found.at(-1)
      const page = await references.repositories(of(name), { limit, ...(last && { last }) })
      if (page.length === 0) break
      expect(page.length).toBeLessThanOrEqual(limit)
      found.push(...page)
    }
    expect(found.map((one) => `${one.namespace}:${one.name}`)).toEqual(expected)
  }
})

test('a credential limited to one artifact lists only what is public', async () => {
  const limited = { ...of('ada'), artifacts: ['ada/secret'] }
  const found = await references.repositories(limited, { limit: 100 })
  expect(found.map((one) => `${one.namespace}:${one.name}`)).toEqual(everybody)
})

test('a repository that lost its last manifest leaves the list, and comes back with the next', async () => {
  const located = await push('cyd', 'cyd:short')
  const listed = async () => (await references.repositories(of('cyd'), { limit: 100 })).some(({ namespace }) => namespace === 'cyd')
  expect(await listed()).toBe(true)
  await references.emptied(located)
  expect(await listed()).toBe(false)
  await push('cyd', 'cyd:short')
  expect(await listed()).toBe(true)
})

test('who may not see a repository cannot reach its names, whether it exists or not', async () => {
  for (const repository of ['ada:secret', 'ada:absent', 'nobody:absent']) {
    expect(await outcome(registry.catalog.locate(of('cyd'), target(repository), 'read'))).toBe('metadata.artifact_not_found')
    expect(await outcome(registry.catalog.locate(anonymous, target(repository), 'read'))).toBe('auth.required')
    expect(await outcome(registry.catalog.openForPublish(of('cyd'), target(repository)))).toBe('metadata.artifact_not_found')
  }
})
