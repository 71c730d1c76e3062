import { afterAll, beforeAll, expect, test } from 'vitest'
import { References } from '../../../src/modules/metadata/references.contract.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { administrator, digest, openRegistry, type Registry } from './open-registry.ts'

const image = { namespace: 'ada', name: 'image', format: 'oci', type: 'module-oci' } as const
const limitMs = 10
const stranger: Principal = { ...administrator, username: 'stranger', isAdmin: false }
let registry: Registry
let references: References
let ada: Principal

beforeAll(async () => {
  registry = await openRegistry()
  references = registry.kernel.resolve(References)
  ada = await registry.user('ada')
  await registry.catalog.openForPublish(ada, image)
  await manyTags()
  await manyRepositories()
  await registry.sql`analyze`
}, 120_000)
afterAll(() => registry[Symbol.asyncDispose]())

async function manyTags(): Promise<void> {
  await registry.sql`insert into tags (artifact_id, name, manifest_digest, change_id)
    select a.id, 'tag-' || lpad(i::text, 6, '0'), 'sha256:' || encode(sha256(i::text::bytea), 'hex'), gen_random_uuid()
    from artifacts a, generate_series(1, 100000) i`
}

/** Half of them in one namespace, half in 1,000 others; a tenth of the namespaces is public. */
async function manyRepositories(): Promise<void> {
  await registry.sql`insert into accounts (id, name, name_fold, kind, display_name)
    select gen_random_uuid(), 'org-' || i, 'org' || i, 'organization', 'Org' from generate_series(0, 1000) i`
  await registry.sql`insert into namespaces (id, name, folded, account_id, visibility)
    select gen_random_uuid(), name, name_fold, id, case when name like '%0' then 'public' else 'private' end from accounts where name like 'org-%'`
  await registry.sql`insert into artifacts (id, namespace_id, name, folded, format, type, has_manifests)
    select gen_random_uuid(), n.id, 'repo-' || i, 'repo' || i, 'oci', 'module-oci', true
    from namespaces n, generate_series(1, 50000) i where n.name like 'org-%' and i <= case when n.name = 'org-0' then 50000 else 50 end`
}

/** Of ten; other work on the machine does not count. */
async function fastest<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  let result = await work()
  let ms = Number.POSITIVE_INFINITY
  for (let at = 0; at < 10; at += 1) {
    const started = performance.now()
    result = await work()
    ms = Math.min(ms, performance.now() - started)
  }
  return { ms, result }
}

test.each(['', 'tag-050000'])('a page of 100,000 tags from %j on', async (last) => {
  const located = await registry.catalog.locate(ada, image, 'read')
  const { ms, result } = await fastest(() => references.list(located, { last, limit: 100 }))
  expect([result.length, result[0]]).toEqual([100, last === '' ? 'tag-000001' : 'tag-050001'])
  expect(ms).toBeLessThan(limitMs)
})

test.each([
  { who: 'an administrator', caller: administrator, last: undefined, first: 'org-0/repo-1' },
  { who: 'an administrator', caller: administrator, last: { namespace: 'org-0', name: 'repo-25000' }, first: 'org-0/repo-25001' },
  { who: 'an administrator', caller: administrator, last: { namespace: 'org-500', name: 'repo-9' }, first: 'org-501/repo-1' },
  { who: 'nobody', caller: anonymous, last: undefined, first: 'org-0/repo-1' },
  { who: 'nobody', caller: anonymous, last: { namespace: 'org-0', name: 'repo-9999' }, first: 'org-10/repo-1' },
  { who: 'nobody', caller: anonymous, last: { namespace: 'org-990', name: 'repo-9' }, first: undefined },
  { who: 'a stranger', caller: stranger, last: { namespace: 'org-0', name: 'repo-9999' }, first: 'org-10/repo-1' },
])('a page of 100,000 repositories for $who after $last', async ({ caller, last, first }) => {
  const { ms, result } = await fastest(() => references.repositories(caller, { limit: 100, ...(last && { last }) }))
  expect(result[0] && `${result[0].namespace}/${result[0].name}`).toBe(first)
  expect(ms).toBeLessThan(limitMs)
})

test('a page of 100,000 repositories, all private, for one who may see one of them', async () => {
  const one = 'repo-40000'
  await registry.sql`update namespaces set visibility = 'private' where name like 'org-%'`
  await registry.sql`update artifacts set visibility = 'public' where name = ${one}`
  await registry.sql`analyze`
  const { ms, result } = await fastest(() => references.repositories(anonymous, { limit: 100 }))
  expect(result).toEqual([{ namespace: 'org-0', name: one }])
  expect(ms).toBeLessThan(limitMs)
})

test('a manifest beside 100,000 tags goes with its own few', async () => {
  const located = await registry.catalog.locate(ada, image, 'manage')
  let fastestMs = Number.POSITIVE_INFINITY
  for (let at = 0; at < 10; at += 1) {
    const manifestDigest = digest()
    await references.assign(located, ['a', 'b'], { manifestDigest, sizeBytes: 1 })
    const started = performance.now()
    await references.removeAllOf(located, manifestDigest)
    fastestMs = Math.min(fastestMs, performance.now() - started)
  }
  expect(await references.list(located, { last: 'Z', limit: 1 })).toEqual(['tag-000001'])
  expect(fastestMs).toBeLessThan(limitMs)
})

test('10,000 names of one manifest go at once', async () => {
  const located = await registry.catalog.locate(ada, image, 'manage')
  const manifestDigest = digest()
  await registry.sql`update tags set manifest_digest = ${manifestDigest} where name < 'tag-010001'`
  const started = performance.now()
  await references.removeAllOf(located, manifestDigest)
  expect(performance.now() - started).toBeLessThan(20_000)
  expect(await references.list(located, { limit: 1 })).toEqual(['tag-010001'])
  expect(await registry.sql`select 1 from tag_history where from_digest = ${manifestDigest}`).toHaveLength(10_000)
}, 60_000)
