import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PageQuery, Tags, Versions } from '../../../src/modules/metadata/contract.ts'
import { Artifacts, Namespaces } from '../../../src/modules/metadata/views.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import type { Page } from '../../../src/shared/types/page.ts'
import { compareVersions, parseVersion } from '../../../src/shared/types/version.ts'
import { versionSortKey } from '../../../src/shared/types/version-sort-key.ts'
import { openRegistry, outcome, type Registry } from './open-registry.ts'

const versions = [
  '1.0.0',
  '1.0.0-rc.1',
  '1.0.0-rc.2',
  '1.0.0-rc.11',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '2.10.0',
  '2.9.0',
  '10.0.0',
  '0.0.1',
  '1.0.0+a',
  '1.0.0+b',
]
const widget = { namespace: 'ada', name: 'widget' }
let registry: Registry
let ada: Principal

beforeAll(async () => {
  registry = await openRegistry()
  ada = await registry.user('ada')
  for (const version of versions) await registry.publish(ada, 'ada/widget', { version, tags: [`t-${version.replace(/[+.]/g, '_')}`] })
  for (const name of ['aa', 'bb', 'cc', 'dd', 'ee']) await registry.publish(ada, `ada/${name}`)
  for (const name of ['cc', 'widget']) {
    const target = { namespace: 'ada', name, format: 'npm', type: 'module-node' } as const
    await registry.publish(ada, target, { bare: true, metadata: { name, version: '1.0.0' } })
  }
  for (const name of ['bob', 'cyd', 'dan', 'eve']) {
    await registry.user(name)
    await registry.request('PATCH', `/v1/namespaces/${name}`, { as: name, body: { visibility: 'public' } })
  }
})
afterAll(() => registry[Symbol.asyncDispose]())

async function walk<T>(
  list: (query: PageQuery) => Promise<Page<T>>,
  limits: readonly number[],
  between: (page: number) => Promise<void> = async () => {},
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  for (let page = 0; ; page += 1) {
    const limit = limits[page % limits.length] ?? 1
    const answer = await list({ limit, ...(cursor !== undefined && { cursor }) })
    expect(answer.items.length).toBeLessThanOrEqual(limit)
    items.push(...answer.items)
    if (answer.nextCursor === null) return items
    expect(answer.items).toHaveLength(limit)
    cursor = answer.nextCursor
    await between(page)
  }
}
const limits = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 })
const generic = { ...widget, format: 'generic' as const }

test('pages of any sizes hold every version once, newest first', async () => {
  const service = registry.kernel.resolve(Versions)
  await fc.assert(
    fc.asyncProperty(limits, async (sizes) => {
      const items = await walk((query) => service.list(ada, generic, query), sizes)
      expect(items.map(({ version }) => version)).toEqual(versions.toReversed())
    }),
    { numRuns: 20 },
  )
})

test('pages of any sizes hold every version once, in the order of semver', async () => {
  const service = registry.kernel.resolve(Versions)
  const precedence = (text: string) => text.replace(/\+.*/, '')
  await fc.assert(
    fc.asyncProperty(limits, async (sizes) => {
      const items = await walk((query) => service.list(ada, generic, { ...query, order: 'semver' }), sizes)
      const found = items.map(({ version }) => version)
      expect(found.toSorted()).toEqual(versions.toSorted())
      expect(found.map(precedence)).toEqual(versions.toSorted(compareVersions).toReversed().map(precedence))
    }),
    { numRuns: 20 },
  )
})

test('tags, their history, artifacts and namespaces page without loss', async () => {
  const tags = registry.kernel.resolve(Tags)
  const artifacts = registry.kernel.resolve(Artifacts)
  const namespaces = registry.kernel.resolve(Namespaces)
  await fc.assert(
    fc.asyncProperty(limits, async (sizes) => {
      const names = (await walk((query) => tags.list(ada, generic, query), sizes)).map(({ name }) => name)
      expect(names).toEqual([...new Set(names)].toSorted())
      expect(names).toHaveLength(versions.length + 1)
      const changes = await walk((query) => tags.history(ada, generic, { ...query, tag: 'latest' }), sizes)
      expect(changes.map(({ toVersion }) => toVersion)).toEqual(['10.0.0', '2.10.0', '1.0.0'])
      const found = await walk((query) => artifacts.list(ada, 'ada', query), sizes)
      const keys = ['aa generic', 'bb generic', 'cc generic', 'cc npm', 'dd generic', 'ee generic', 'widget generic', 'widget npm']
      expect(found.map(({ name, format }) => `${name} ${format}`)).toEqual(keys)
      const all = await walk((query) => namespaces.list(ada, query), sizes)
      expect(all.map(({ name }) => name)).toEqual(['ada', 'bob', 'cyd', 'dan', 'eve', 'library'])
    }),
    { numRuns: 10 },
  )
})

test('filters of the artifact list', async () => {
  const artifacts = registry.kernel.resolve(Artifacts)
  const npm = await artifacts.list(ada, 'ada', { limit: 10, format: 'npm' })
  expect(npm.items.map(({ name }) => name)).toEqual(['cc', 'widget'])
  expect((await artifacts.list(ada, 'ada', { limit: 10, type: 'model' })).items).toEqual([])
})

test('what is published during a walk neither hides nor repeats what was there', async () => {
  const { kernel, publish } = registry
  await publish(ada, 'ada/moving', { version: '1.0.0' })
  for (let patch = 1; patch < 10; patch += 1) await publish(ada, 'ada/moving', { version: `1.0.${patch}` })
  const before = Array.from({ length: 10 }, (_, patch) => `1.0.${9 - patch}`)
  const moving = { namespace: 'ada', name: 'moving' }
  for (const [major, order] of [
    [2, 'published'],
    [3, 'semver'],
  ] as const) {
    const list = (query: PageQuery) => kernel.resolve(Versions).list(ada, moving, { ...query, order })
    const items = await walk(list, [2], async (page) => void (await publish(ada, 'ada/moving', { version: `${major}.0.${page}` })))
    const found = items.map(({ version }) => version).filter((version) => version.startsWith('1.'))
    expect(found).toEqual(before)
    expect(new Set(items.map(({ version }) => version)).size).toBe(items.length)
  }
})

test('a cursor of another list, or a forged one, is refused', async () => {
  const service = registry.kernel.resolve(Versions)
  const { nextCursor } = await registry.kernel.resolve(Namespaces).list(ada, { limit: 1 })
  const forged = (values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url')
  const id = '01900000-0000-7000-8000-000000000001'
  const cursors = [
    nextCursor ?? '',
    'x',
    forged(['2026-13-01T00:00:00Z', id]),
    forged(['0000-01-01T00:00:00Z', id]),
    forged(['2026-02-30T00:00:00Z', id]),
    forged(['2026-01-01T00:00:00Z', 'x']),
  ]
  for (const cursor of cursors) expect(await outcome(service.list(ada, generic, { limit: 5, cursor }))).toBe('metadata.cursor_invalid')
  const answer = await registry.request('GET', '/v1/artifacts/ada?cursor=%21%21', { as: 'ada' })
  expect(answer.statusCode).toBe(400)
})

const identifier = fc.oneof(
  fc.integer({ min: 0, max: 10_000 }).map(String),
  fc.stringMatching(/^[a-zA-Z-][0-9a-zA-Z-]{0,5}$/),
  fc.bigInt({ min: 2n ** 60n, max: 2n ** 70n }).map(String),
)
const core = fc.tuple(
  ...Array.from({ length: 3 }, () => fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }))),
)
const semverText = fc
  .tuple(core, fc.array(identifier, { maxLength: 4 }))
  .map(([numbers, pre]) => numbers.join('.') + (pre.length > 0 ? `-${pre.join('.')}` : ''))
  .filter((text) => text.length <= 128)

test('sort keys order as semver does', () => {
  fc.assert(
    fc.property(semverText, semverText, (left, right) => {
      const [first, second] = [left, right].map((text) => {
        const parsed = parseVersion(text)
        return parsed ? versionSortKey(parsed) : ''
      })
      expect(first).not.toBe('')
      const byKey = Buffer.compare(Buffer.from(first ?? ''), Buffer.from(second ?? ''))
      expect(byKey).toBe(Math.sign(compareVersions(left, right)))
    }),
    { numRuns: 2_000 },
  )
})
