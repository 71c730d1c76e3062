import { expect, test } from 'vitest'
import { newVersion, openRegistry, outcome, targetOf } from './open-registry.ts'

test('a published version is found by its name and by latest', async () => {
  await using registry = await openRegistry()
  const { catalog, user, publish } = registry
  const ada = await user('ada')
  const published = await publish(ada, 'ada/widget', { version: '1.2.0' })
  const located = await catalog.locate(ada, { namespace: 'ada', name: 'widget' }, 'read')
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
  expect(await outcome(catalog.checkPublish(ada, targetOf('ada/widget'), '1.0.0'))).toBe('metadata.version_exists')
  expect(newVersion('ada/widget').version).toBe('1.0.0')
})
