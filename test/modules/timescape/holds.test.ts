import { afterAll, beforeAll, expect, test } from 'vitest'
import { Versions } from '../../../src/modules/metadata/contract.ts'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { openTimescape, type TimescapeRegistry, typed } from './open-timescape.ts'

let registry: TimescapeRegistry
let ada: Principal & { readonly userId: string }
let bob: Principal & { readonly userId: string }

beforeAll(async () => {
  registry = await openTimescape()
  ada = await registry.user('ada')
  bob = await registry.user('bob')
  await registry.publish(bob, 'bob/app:1.0.0')
})
afterAll(() => registry[Symbol.asyncDispose]())

test('dependants are those of the highest version that resolves, also when that is yanked or quarantined meanwhile', async () => {
  await registry.publish(bob, 'bob/user:1.0.0', { dependencies: { '@bob/app': '^1.0.0' } })
  await registry.publish(bob, 'bob/user:2.0.0', { dependencies: { '@bob/app': '^2.0.0' } })
  const ranges = async () => {
    await registry.settled()
    const { items } = (await registry.get('/v1/artifacts/bob/app/-/dependants', 'bob')).body
    return items.map(({ version, range }: { version: string; range: string }) => `${version} ${range}`)
  }
  expect(await ranges()).toEqual(['2.0.0 ^2.0.0'])
  const versions = registry.kernel.resolve(Versions)
  await versions.yank(bob, { namespace: 'bob', name: 'user' }, { version: '2.0.0', reason: null })
  expect(await ranges()).toEqual(['1.0.0 ^1.0.0'])
  await versions.unyank(bob, { namespace: 'bob', name: 'user' }, '2.0.0')
  expect(await ranges()).toEqual(['2.0.0 ^2.0.0'])
  const [{ artifactId, manifestDigest } = { artifactId: '', manifestDigest: '' }] = await registry.sql<{
    artifactId: string
    manifestDigest: string
  }>`
    select artifact_id as "artifactId", manifest_digest as "manifestDigest" from versions v join artifacts a on a.id = v.artifact_id
    where a.name = 'user' and v.version = '2.0.0'`
  const publications = registry.kernel.resolve(Publications)
  await publications.quarantine({ artifactId, manifestDigest }, { by: 'test', reason: 'malware' })
  expect(await ranges()).toEqual(['1.0.0 ^1.0.0'])
  await publications.liftQuarantine({ artifactId, manifestDigest }, 'test')
  expect(await ranges()).toEqual(['2.0.0 ^2.0.0'])
})

test('the policy block is not walked around while publications are held back', async () => {
  registry.kernel.resolve(Publications).addPolicy({
    name: 'test',
    review: async ({ located, version }) =>
      located.artifact.name === 'unseen' || (located.artifact.name === 'walk' && version !== '1.0.0') ? 'not scanned yet' : null,
  })
  const block = (name: string) =>
    registry.request('PUT', `/v1/artifacts/ada/${name}/-/timescape-policy`, { as: 'ada', body: { policy: 'block' } })
  const refusal = (from: string, to: string) => ({ code: 'timescape.breaking_change_undeclared', details: { from, to } })
  await registry.publish(ada, 'ada/walk:1.0.0', typed({ LoginResponse: { token: 'string' } }))
  await block('walk')
  await registry.publish(ada, 'ada/walk:1.1.0', typed({ LoginResponse: { token: 'string', expires: 'number' } }))
  await expect(registry.publish(ada, 'ada/walk:1.1.1', typed({ LoginResponse: { token: 'number' } }))).rejects.toMatchObject(
    refusal('1.1.0', '1.1.1'),
  )
  await registry.publish(ada, 'ada/unseen:1.0.0', typed({ LoginResponse: { token: 'string' } }))
  await block('unseen')
  await expect(registry.publish(ada, 'ada/unseen:1.0.1', typed({ LoginResponse: {} }))).rejects.toMatchObject(refusal('1.0.0', '1.0.1'))
  // Nobody had what 1.1.0 brought.
  await registry.publish(ada, 'ada/walk:1.1.2', typed({ LoginResponse: { token: 'string' } }))
  const states = await registry.sql`select a.name, version, v.state from versions v join artifacts a on a.id = v.artifact_id
    where a.name in ('walk', 'unseen') order by v.id`
  expect(states).toEqual([
    { name: 'walk', version: '1.0.0', state: 'published' },
    { name: 'walk', version: '1.1.0', state: 'pending' },
    { name: 'unseen', version: '1.0.0', state: 'pending' },
    { name: 'walk', version: '1.1.2', state: 'pending' },
  ])
})
