import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RetentionRules } from '../../../src/modules/metadata/contract.ts'
import { References } from '../../../src/modules/metadata/references.contract.ts'
import { Retention } from '../../../src/modules/metadata/retention-view.ts'
import { digest, openRegistry, outcome, type Registry } from './open-registry.ts'

const image = { namespace: 'ada', name: 'image', format: 'oci', type: 'module-oci' } as const

async function openWithTags(names: readonly string[]) {
  const registry = await openRegistry()
  const ada = await registry.user('ada')
  const references = registry.kernel.resolve(References)
  const located = await registry.catalog.openForPublish(ada, image)
  // The one named first moved last; a day lies between each two.
  for (const [days, name] of names.entries()) {
    await references.assign(located, [name], { manifestDigest: digest(), sizeBytes: 1, settlesType: true })
    await registry.sql`update tags set updated_at = now() - make_interval(days => ${days}, mins => 1) where name = ${name}`
  }
  const rule = (retention: RetentionRules | null, more = {}) =>
    registry.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { retention, ...more } } })
  const list = () => references.list(located, { limit: 1_000 })
  return { ...registry, ada, references, located, rule, list, retention: registry.kernel.resolve(Retention) }
}

const preview = async ({ request }: Pick<Registry, 'request'>): Promise<string[]> => {
  const answer = await request('GET', '/v1/namespaces/ada/retention', { as: 'ada' })
  expect(answer.statusCode).toBe(200)
  return answer.json<{ items: { tag: string }[] }>().items.map(({ tag }) => tag)
}
const names = ['main', 'v3', 'v2', 'v1', 'pr-9', 'pr.8']

test.each<[RetentionRules | null, readonly string[]]>([
  [null, []],
  [{}, []],
  [{ keepMatching: [] }, []],
  [{ keepLast: 2 }, ['pr-9', 'pr.8', 'v1', 'v2']],
  [{ keepLast: 100 }, []],
  [{ keepNewerThanDays: 3 }, ['pr-9', 'pr.8', 'v1']],
  [{ keepMatching: ['v*', 'm*n'] }, ['pr-9', 'pr.8']],
  [{ keepMatching: ['*'] }, []],
  [{ keepMatching: ['pr_9', 'p.*'] }, ['main', 'pr-9', 'pr.8', 'v1', 'v2', 'v3']],
  [{ keepLast: 1, keepNewerThanDays: 2, keepMatching: ['pr-*'] }, ['pr.8', 'v1', 'v2']],
])('rules %j let %j go: first in the dry run, then for good', async (rules, gone) => {
  await using registry = await openWithTags(names)
  expect((await registry.rule(rules)).statusCode).toBe(200)
  expect(await preview(registry)).toEqual(gone)
  expect(await registry.list()).toEqual(names.toSorted())
  const answer = await registry.request('POST', '/v1/namespaces/ada/retention', { as: 'ada' })
  expect(answer.json()).toEqual({ removed: gone.length, complete: true })
  expect(await registry.list()).toEqual(names.filter((name) => !gone.includes(name)).toSorted())
  expect(await preview(registry)).toEqual([])
})

test('versions, immutable tags, signatures and other formats stay', async () => {
  const signature = `sha256-${'a'.repeat(64)}.sig`
  await using registry = await openWithTags(['1.0.0', 'loose', 'newest', signature])
  const { publish, ada, rule, request, list, sql } = registry
  await publish(ada, image, { version: '2.0.0', bare: true, metadata: {}, tags: ['named'] })
  await publish(ada, 'ada/package', { tags: ['beta'] })
  await sql`update tags set updated_at = now() - interval '1 year'`
  await rule({ keepMatching: ['newest'] }, { immutableTags: 'semver' })
  await request('POST', '/v1/namespaces/ada/retention', { as: 'ada' })
  expect(await list()).toEqual(['1.0.0', '2.0.0', 'named', 'newest', signature].toSorted())
  expect(await sql`select t.name from tags t join artifacts a on a.id = t.artifact_id where a.format = 'generic' order by t.name`).toEqual([
    { name: 'beta' },
    { name: 'latest' },
  ])
})

test('the hourly run takes more than a batch, says so in history and audit, and leaves other namespaces alone', async () => {
  await using registry = await openWithTags(['newest'])
  const { sql, rule, retention, list, user, catalog, references, audited } = registry
  const bob = await user('bob')
  const other = await catalog.openForPublish(bob, { ...image, namespace: 'bob' })
  await references.assign(other, ['old', 'older'], { manifestDigest: digest(), sizeBytes: 1 })
  await sql`insert into tags (artifact_id, name, manifest_digest, change_id, updated_at)
    select a.id, 'old-' || i, 'sha256:00', gen_random_uuid(), now() - interval '10 days'
    from artifacts a join namespaces n on n.id = a.namespace_id, generate_series(1, 1200) i where n.name = 'ada'`
  await rule({ keepLast: 1 })
  expect(await retention.applyAll(AbortSignal.abort())).toBe(0)
  expect(await retention.applyAll(new AbortController().signal)).toBe(1_200)
  expect(await list()).toEqual(['newest'])
  expect(await references.list(other, { limit: 10 })).toEqual(['old', 'older'])
  expect(await sql`select 1 from tag_history where tag like 'old-%' and to_digest is null`).toHaveLength(1_200)
  expect((await audited()).filter(({ action }) => action === 'tag.deleted').length).toBeGreaterThanOrEqual(12)
  expect(await sql`select distinct after from audit_log where action = 'tag.deleted'`).toEqual([{ after: { reason: 'retention' } }])
})

test('a tag that moves while rules are applied stays', async () => {
  await using registry = await openWithTags(['newest', 'old'])
  const { transaction, references, located, rule, retention, ada, list } = registry
  await rule({ keepNewerThanDays: 1 })
  const moved = transaction.run(async () => {
    await references.assign(located, ['old'], { manifestDigest: digest(), sizeBytes: 1 })
    await sleep(300)
  })
  await sleep(100)
  expect(await retention.apply(ada, 'ada')).toEqual({ removed: 0, complete: true })
  await moved
  expect(await list()).toEqual(['newest', 'old'])
})

test('pages of the dry run hold every tag once', async () => {
  await using registry = await openWithTags(names)
  const { retention, ada, rule } = registry
  await rule({ keepLast: 1 })
  const found: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Retention['preview']>> = await retention.preview(ada, 'ada', { limit: 2, ...(cursor && { cursor }) })
    found.push(...page.items.map(({ tag }) => tag))
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(found).toEqual(names.filter((name) => name !== 'main').toSorted())
  expect(await outcome(retention.preview(ada, 'ada', { limit: 2, cursor: 'x' }))).toBe('metadata.cursor_invalid')
})

test('rules are for administrators of the namespace, and patterns have an alphabet', async () => {
  await using registry = await openWithTags(names)
  const { request, user, rule } = registry
  await user('bob')
  for (const method of ['GET', 'POST'] as const) {
    expect((await request(method, '/v1/namespaces/ada/retention', { as: 'bob' })).statusCode).toBe(404)
    expect((await request(method, '/v1/namespaces/ada/retention')).statusCode).toBe(401)
  }
  for (const rules of [{ keepMatching: ['%'] }, { keepMatching: ['a\\'] }, { keepLast: 0 }, { keepNewerThanDays: -1 }, { other: 1 }])
    expect((await rule(rules as RetentionRules)).statusCode).toBe(400)
})

test('a pattern matches as its parts do, in order', async () => {
  await using registry = await openWithTags(['main'])
  const { sql, located, rule } = registry
  const letters = fc.array(fc.constantFrom('a', 'b', '_', '.'), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
  const globs = fc.array(fc.constantFrom('a', 'b', '_', '.', '*'), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(letters, { minLength: 1, maxLength: 10 }), globs, async (tags, glob) => {
      await sql`delete from tags`
      for (const tag of tags)
        await sql`insert into tags (artifact_id, name, manifest_digest, change_id) values (${located.artifact.id}, ${tag}, 'x', gen_random_uuid())`
      await rule({ keepMatching: [glob] })
      const expression = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
      expect(await preview(registry)).toEqual(tags.filter((tag) => !expression.test(tag)).toSorted())
    }),
    { numRuns: 40 },
  )
})
