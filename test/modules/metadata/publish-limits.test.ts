import { expect, test } from 'vitest'
import { withRequestContext } from '../../../src/shared/kernel/request-context.ts'
import { openRegistry } from './open-registry.ts'

const as = <T>(actor: string | null, ip: string | null, work: () => Promise<T>): Promise<T> =>
  withRequestContext({ requestId: 'test', trace: null, actor, ip }, work)

test('D-20: a user, and an address, make so many artifacts in an hour, and what was refused is not there', async () => {
  await using registry = await openRegistry({ settings: { metadata: { newNamesPerHour: 3 } } })
  const [ada, bob, cyd] = [await registry.user('ada'), await registry.user('bob'), await registry.user('cyd')]
  const make = (who: typeof ada, name: string, ip = '192.0.2.1') =>
    as(who.username, ip, () => registry.publish(who, `${who.username}/${name}`)).then(
      () => 'made',
      ({ code, retryAfterSeconds }) => `${code} ${retryAfterSeconds > 3_500}`,
    )
  const refused = 'metadata.too_many_publishes true'
  for (const name of ['a', 'b', 'c']) expect(await make(ada, name)).toBe('made')
  expect(await make(ada, 'd', '192.0.2.9')).toBe(refused)
  for (const name of ['a', 'b', 'c']) expect(await make(bob, name)).toBe('made')
  expect(await make(cyd, 'a')).toBe(refused)
  expect(await make(cyd, 'a', '192.0.2.2')).toBe('made')
  expect(await registry.sql`select name from artifacts where name = 'd'`).toEqual([])
  await as('system', null, () => registry.publish(ada, 'ada/e'))
})

test('D-20: a user adds so many versions in half an hour', async () => {
  await using registry = await openRegistry({ settings: { metadata: { newVersionsPerHalfHour: 2 } } })
  const ada = await registry.user('ada')
  const add = (version: string) => as('ada', null, () => registry.publish(ada, 'ada/app', { version }))
  await add('1.0.0')
  await add('1.1.0')
  await expect(add('1.2.0')).rejects.toMatchObject({ code: 'metadata.too_many_publishes', kind: 'too-many' })
  expect(await registry.sql`select version from versions order by version`).toEqual([{ version: '1.0.0' }, { version: '1.1.0' }])
})

test('without the settings there is no limit', async () => {
  await using registry = await openRegistry()
  const ada = await registry.user('ada')
  for (let at = 0; at < 50; at += 1) await as('ada', '192.0.2.1', () => registry.publish(ada, `ada/app${at}`))
})
