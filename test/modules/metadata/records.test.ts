import { expect, test } from 'vitest'
import { Tags } from '../../../src/modules/metadata/contract.ts'
import { Records } from '../../../src/modules/metadata/records.contract.ts'
import { openRegistry } from './open-registry.ts'

test('records tell of artifacts, versions and names by id, and of nothing that is not there', async () => {
  await using registry = await openRegistry()
  const ada = await registry.user('ada')
  const records = registry.kernel.resolve(Records)
  const order = ['1.0.0-rc.1', '1.0.0', '1.2.0', '1.10.0']
  for (const version of order.toReversed()) await registry.publish(ada, 'ada/widget', { version })
  const gone = await registry.publish(ada, 'ada/widget', { version: '1.1.0' })
  const ref = { namespace: 'ada', name: 'widget' }
  await registry.catalog.unpublish(ada, ref, '1.1.0')
  const { artifactId, id, manifestDigest } = await registry.catalog.version(await registry.catalog.locate(ada, ref, 'read'), '1.10.0')
  await registry.kernel.resolve(Tags).move(ada, ref, { tag: 'stable', version: '1.10.0' })

  expect(await records.artifact(artifactId)).toMatchObject({ id: artifactId, namespace: 'ada', name: 'widget', format: 'generic' })
  const { caller, ...located } = await registry.catalog.locate(ada, ref, 'read')
  expect(caller).toBe(ada)
  expect(await records.located(artifactId)).toEqual({ ...located, artifact: expect.objectContaining({ id: artifactId }) })
  expect(await records.version(id)).toMatchObject({ version: '1.10.0', metadata: { name: 'widget' } })
  expect(await records.namesOf(artifactId, manifestDigest)).toEqual({ versions: ['1.10.0'], tags: ['latest', 'stable'] })
  expect(await records.namesOf(artifactId, gone.manifestDigest)).toEqual({ versions: [], tags: [] })

  const paged: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await records.versions(artifactId, { limit: 3, ...(after !== undefined && { after }) })
    paged.push(...page.map(({ version }) => version))
    after = page.at(-1)?.version
    if (page.length < 3) break
  }
  expect(paged).toEqual(order)
  // One that is not there any more, or never was, is a place all the same.
  expect((await records.versions(artifactId, { after: '1.1.0', limit: 9 })).map(({ version }) => version)).toEqual(['1.2.0', '1.10.0'])
  expect((await records.versions(artifactId, { after: '1.5.0', limit: 9 })).map(({ version }) => version)).toEqual(['1.10.0'])

  const nowhere = '01900000-0000-7000-8000-0000000000ff'
  expect([await records.artifact(nowhere), await records.located('no id'), await records.version(nowhere)]).toEqual(
    Array(3).fill(undefined),
  )
  expect(await records.versions(nowhere, { limit: 10 })).toEqual([])
})
