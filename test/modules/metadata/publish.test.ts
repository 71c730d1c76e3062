import { expect, test } from 'vitest'
import { type PublishTarget, VersionPublished } from '../../../src/modules/metadata/contract.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { newVersion, openRegistry, outcome, targetOf } from './open-registry.ts'

const npm = (name: string, namespace = 'ada'): PublishTarget => ({ namespace, name, format: 'npm', type: 'module-node' })

test('a published version is found by its name and by latest', async () => {
  await using registry = await openRegistry()
  const { catalog, user, publish } = registry
  const ada = await user('ada')
  const published = await publish(ada, 'ada/widget', { version: '1.2.0' })
  const located = await catalog.locate(ada, { namespace: 'gati.dev/users/ada', name: 'widget' }, 'read')
  expect(await catalog.version(located, '1.2.0')).toEqual(published)
  expect(await catalog.version(located, 'latest')).toEqual(published)
  expect(published).toMatchObject({ state: 'published', publishedBy: ada.userId, sizeBytes: 3 })
})

test('D-5: of twenty concurrent publishes of one version exactly one wins', async () => {
  await using registry = await openRegistry()
  const { catalog, user, publish, sql } = registry
  const ada = await user('ada')
  const tries = Array.from({ length: 20 }, (_, at) => outcome(publish(ada, { ...targetOf('ada/widget'), description: `try ${at}` })))
  const ends = await Promise.all(tries)
  expect(ends.toSorted()).toEqual(['fulfilled', ...Array(19).fill('metadata.version_exists')])
  expect(await sql`select count(*) from versions`).toEqual([{ count: 1 }])
  expect(await sql`select count(*) from artifacts`).toEqual([{ count: 1 }])
  expect(await sql`select count(*) from audit_log where action = 'version.published'`).toEqual([{ count: 1 }])
  expect(await outcome(catalog.checkPublish(ada, targetOf('ada/widget'), '1.0.0'))).toBe('metadata.version_exists')
})

test('different versions of a new artifact are published at once', async () => {
  await using registry = await openRegistry()
  const { catalog, user, publish } = registry
  const ada = await user('ada')
  const ends = await Promise.all(Array.from({ length: 20 }, (_, at) => outcome(publish(ada, 'ada/widget', { version: `1.0.${at}` }))))
  expect(ends).toEqual(Array(20).fill('fulfilled'))
  const located = await catalog.locate(ada, { namespace: 'ada', name: 'widget' }, 'read')
  expect((await catalog.version(located, 'latest')).version).toBe('1.0.19')
})

test('a publish that fails later leaves nothing behind', async () => {
  await using registry = await openRegistry()
  const { transaction, user, publish, sql, catalog } = registry
  const ada = await user('ada')
  const failing = transaction.run(async () => {
    await publish(ada, 'ada/widget')
    throw Object.assign(new Error('disk'), { code: 'later' })
  })
  expect(await outcome(failing)).toBe('later')
  expect(await sql`select 1 from artifacts`).toEqual([])
  expect(await outcome(catalog.locate(ada, { namespace: 'ada', name: 'widget' }, 'read'))).toBe('metadata.artifact_not_found')
  expect(await outcome(publish(ada, 'ada/widget'))).toBe('fulfilled')
})

test('the first version fixes the type', async () => {
  await using registry = await openRegistry()
  const { catalog, user, publish } = registry
  const ada = await user('ada')
  const plugin = { ...npm('widget'), type: 'plugin' as const }
  await catalog.openForPublish(ada, plugin)
  const located = await catalog.openForPublish(ada, npm('widget'))
  expect(located.artifact.type).toBe('module-node')
  await publish(ada, npm('widget'))
  expect(await outcome(catalog.checkPublish(ada, plugin))).toBe('metadata.type_mismatch')
  expect(await outcome(publish(ada, plugin, { version: '2.0.0' }))).toBe('metadata.type_mismatch')
})

test('of two first publishes of different types one wins', async () => {
  await using registry = await openRegistry()
  const { catalog, user, publish } = registry
  const ada = await user('ada')
  for (let round = 0; round < 5; round += 1) {
    const name = `widget${String.fromCharCode(97 + round).repeat(4)}`
    await catalog.openForPublish(ada, npm(name))
    const ends = await Promise.all(
      [publish(ada, npm(name)), publish(ada, { ...npm(name), type: 'plugin' }, { version: '2.0.0' })].map(outcome),
    )
    expect(ends.toSorted()).toEqual(['fulfilled', 'metadata.type_mismatch'])
  }
})

test('a type goes with its formats only', async () => {
  await using registry = await openRegistry()
  const ada = await registry.user('ada')
  expect(await outcome(registry.publish(ada, { ...npm('widget'), type: 'model' }))).toBe('metadata.format_not_allowed')
  expect(await outcome(registry.catalog.checkPublish(ada, { ...npm('widget'), type: 'model' }))).toBe('metadata.format_not_allowed')
})

test('D-14: a name that looks like an existing one of its format is refused', async () => {
  await using registry = await openRegistry()
  const { catalog, user, publish } = registry
  const ada = await user('ada')
  await publish(ada, npm('left-pad'))
  for (const name of ['left_pad', 'leftpad', '1eft-pad', 'left.pad']) {
    expect(await outcome(catalog.checkPublish(ada, npm(name)))).toBe('metadata.name_confusable')
    expect(await outcome(publish(ada, npm(name)))).toBe('metadata.name_confusable')
  }
  expect(await outcome(publish(ada, 'ada/left-pad'))).toBe('fulfilled')
  const ends = await Promise.all(['one-two', 'one_two', 'onetwo'].map((name) => outcome(publish(ada, npm(name)))))
  expect(ends.toSorted()).toEqual(['fulfilled', 'metadata.name_confusable', 'metadata.name_confusable'])
})

test('what is no name is refused on publish and absent on read', async () => {
  await using registry = await openRegistry()
  const ada = await registry.user('ada')
  for (const name of ['../x', 'A', 'a b', 'a\0b', '', 'x'.repeat(300), 'naïve', 'node_modules']) {
    expect(await outcome(registry.publish(ada, npm(name)))).toBe('metadata.name_invalid')
    expect(await outcome(registry.catalog.locate(ada, { namespace: 'ada', name }, 'read'))).toBe('metadata.artifact_not_found')
  }
})

test('what is no version is refused', async () => {
  await using registry = await openRegistry()
  const ada = await registry.user('ada')
  for (const version of ['1.0', 'v1.0.0', 'latest', '1.0.0\0', '', `1.0.0-${'x'.repeat(10_000)}`]) {
    expect(await outcome(registry.publish(ada, npm('widget'), { version }))).toBe('metadata.version_invalid')
    expect(await outcome(registry.catalog.checkPublish(ada, npm('widget'), version))).toBe('metadata.version_invalid')
  }
})

test('the manifest has to fit the type, and to speak of this version', async () => {
  await using registry = await openRegistry()
  const { user, publish } = registry
  const ada = await user('ada')
  const wasm = { ...targetOf('ada/widget'), type: 'module-wasm' as const }
  const details = async (metadata: Record<string, unknown>) => {
    const error: unknown = await publish(ada, wasm, { metadata }).catch((reason: unknown) => reason)
    return error instanceof Error && 'details' in error ? error.details : error
  }
  expect(await details({ name: 'widget', version: '1.0.0', config: { type: 'wasm' } })).toMatchObject({
    errors: [{ path: '/config/wasmFile' }],
  })
  expect(await details({ name: 'gadget', version: '1.0.0', config: { type: 'wasm', wasmFile: 'a.wasm' } })).toMatchObject({
    errors: [{ path: '/name' }],
  })
  expect(await details({ name: 'ada/widget', version: '1.0.1', config: { type: 'wasm', wasmFile: 'a.wasm' } })).toMatchObject({
    errors: [{ path: '/version' }],
  })
  const large = { name: 'widget', version: '1.0.0', config: { type: 'wasm', wasmFile: 'a.wasm' }, note: 'x'.repeat(2_000_000) }
  expect(await outcome(publish(ada, wasm, { metadata: large }))).toBe('metadata.manifest_too_large')
})

test('decision 9: a dependency without namespace is stored resolved', async () => {
  await using registry = await openRegistry()
  const { user, publish, catalog } = registry
  const ada = await user('ada')
  const bob = await user('bob')
  await publish(ada, 'ada/both')
  await publish(bob, npm('both', 'library'))
  await publish(bob, npm('common', 'library'))
  const names = [{ name: 'both' }, { name: 'common' }, { name: 'unknown' }, { name: 'bob/tool' }]
  const dependencies = names.map((one) => ({ ...one, version: '^1.0.0' }))
  await publish(ada, 'ada/widget', { metadata: { name: 'widget', version: '1.0.0', config: { binaryFile: 'run' }, dependencies } })
  const { metadata } = await catalog.version(await catalog.locate(ada, { namespace: 'ada', name: 'widget' }, 'read'), '1.0.0')
  expect(metadata['dependencies']).toMatchObject([
    { namespace: 'ada' },
    { namespace: 'library' },
    { namespace: 'ada' },
    { name: 'bob/tool' },
  ])
  expect((metadata['dependencies'] as object[])[3]).not.toHaveProperty('namespace')
})

test('an unscoped package belongs to whoever created it', async () => {
  await using registry = await openRegistry()
  const { user, publish } = registry
  const ada = await user('ada')
  const bob = await user('bob')
  await publish(ada, npm('left-pad', 'library'))
  expect(await outcome(publish(ada, npm('left-pad', 'library'), { version: '1.0.1' }))).toBe('fulfilled')
  expect(await outcome(publish(bob, npm('left-pad', 'library'), { version: '1.0.2' }))).toBe('auth.forbidden')
})

test('D-13: a publish says the same of a hidden name and a free one', async () => {
  await using registry = await openRegistry()
  const { user, publish, catalog, request } = registry
  const ada = await user('ada')
  const eve = await user('eve')
  await publish(ada, 'ada/secret')
  expect(await outcome(catalog.checkPublish(eve, targetOf('ada/secret')))).toBe('metadata.artifact_not_found')
  expect(await outcome(catalog.checkPublish(eve, targetOf('ada/free')))).toBe('metadata.artifact_not_found')
  expect(await outcome(catalog.checkPublish(eve, targetOf('nobody/free')))).toBe('metadata.artifact_not_found')
  await request('PATCH', '/v1/artifacts/ada/secret', { as: 'ada', body: { visibility: 'private' } })
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  expect(await outcome(catalog.checkPublish(eve, targetOf('ada/secret')))).toBe('auth.forbidden')
  expect(await outcome(catalog.checkPublish(eve, targetOf('ada/free')))).toBe('auth.forbidden')
})

test('a credential for one artifact creates that one only', async () => {
  await using registry = await openRegistry()
  const { user, publish } = registry
  const limited: Principal = { ...(await user('ada')), artifacts: ['ada/widget'] }
  expect(await outcome(publish(limited, 'ada/widget'))).toBe('fulfilled')
  expect(await outcome(publish(limited, 'ada/gadget'))).toBe('metadata.artifact_not_found')
})

test('the quota of artifacts holds under concurrency', async () => {
  await using registry = await openRegistry()
  const { user, publish, sql } = registry
  const ada = await user('ada')
  await sql`update namespaces set settings = '{"quotaArtifacts": 3}' where name = 'ada'`
  const ends = await Promise.all(['aa', 'bb', 'cc', 'dd', 'ee', 'ff'].map((name) => outcome(publish(ada, `ada/${name}`))))
  expect(ends.toSorted()).toEqual(['fulfilled', 'fulfilled', 'fulfilled', ...Array(3).fill('metadata.artifact_quota_exceeded')])
  expect(await outcome(publish(ada, 'ada/new'))).toBe('metadata.artifact_quota_exceeded')
})

test('a publish is told once it is committed, with what others need to know', async () => {
  await using registry = await openRegistry()
  const { user, publish, kernel, transaction } = registry
  const ada = await user('ada')
  const heard: unknown[] = []
  kernel.resolve(Events).on(VersionPublished, (payload) => heard.push(payload))
  await outcome(transaction.run(() => publish(ada, 'ada/lost').then(() => Promise.reject(new Error('undone')))))
  const { id, artifactId, manifestDigest } = await publish(ada, 'ada/widget')
  const names = { namespace: 'ada', name: 'widget', format: 'generic', type: 'module-binary', version: '1.0.0' }
  await expect.poll(() => heard[0]).toEqual({ versionId: id, artifactId, manifestDigest, ...names })
  expect(heard.filter((one) => JSON.stringify(one).includes('lost'))).toEqual([])
})

test('who is a moment too late for a new unscoped name gets nothing of what the first one made', async () => {
  await using registry = await openRegistry()
  const { catalog, transaction, user, sql } = registry
  const [ada, bob] = [await user('first'), await user('second')]
  const target = { namespace: 'library', name: 'raced', format: 'generic', type: 'module-binary' } as const
  const [made, waiting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const first = transaction.run(async () => {
    await catalog.openForPublish(ada, target)
    made.resolve()
    await waiting.promise
  })
  await made.promise
  const second = outcome(catalog.openForPublish(bob, target))
  await expect.poll(async () => (await sql`select 1 from pg_locks where not granted`).length, { timeout: 10_000 }).toBeGreaterThan(0)
  waiting.resolve()
  await first
  expect(await second).toBe('auth.forbidden')
})

test('what a check did not find and another process made is judged by what it is', async () => {
  await using registry = await openRegistry()
  const { catalog, transaction, sql, user } = registry
  const [ada, eve] = [await user('ada'), await user('eve')]
  await catalog.checkPublish(ada, npm('widget'))
  await sql`insert into artifacts (id, namespace_id, name, folded, format, type, visibility, type_settled)
    select gen_random_uuid(), id, 'widget', 'widget', 'npm', 'module-node', 'inherit', true from namespaces where name = 'ada'`
  await sql`insert into grants (id, artifact_id, user_id, role) select gen_random_uuid(), id, ${eve.userId}, 'write' from artifacts where name = 'widget'`
  await catalog.checkPublish(eve, npm('widget'), '2.0.0')
  const version = newVersion(npm('widget'), { version: '2.0.0' })
  const added = await transaction.run(async () => catalog.addVersion(await catalog.openForVersion(eve, npm('widget')), version))
  expect(added.version).toBe('2.0.0')
})
