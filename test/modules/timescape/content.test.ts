import { afterAll, beforeAll, expect, test } from 'vitest'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { Graphs } from '../../../src/modules/timescape/services.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { openTimescape, type TimescapeRegistry } from './open-timescape.ts'
import { imageVersion } from './semantic/stored-content.ts'

let registry: TimescapeRegistry
let ada: Principal & { readonly userId: string }

beforeAll(async () => {
  registry = await openTimescape()
  ada = await registry.user('ada')
})
afterAll(() => registry[Symbol.asyncDispose]())

const image = (platforms: readonly string[], user: string) =>
  imageVersion(
    registry.content,
    platforms.map((platform) => ({ platform, config: { config: { User: user, Entrypoint: ['/app'] } } })),
  ).manifestDigest

test('Q147: what changed in the content of an image becomes part of its edge, and the verdict is over both', async () => {
  await registry.push(ada, 'ada/svc:1.0.0', image(['linux/amd64', 'linux/arm64'], 'app'))
  await registry.push(ada, 'ada/svc:1.1.0', image(['linux/amd64'], 'app'))
  await registry.settled()
  const { edges } = (await registry.get('/v1/artifacts/ada/svc/-/graph')).body
  expect(edges).toMatchObject([
    { from: '1.0.0', to: '1.1.0', type: 'breaking', required: 'major', declared: 'minor', undeclared: true, contentState: 'done' },
  ])
  const { body } = await registry.get('/v1/artifacts/ada/svc/-/diff?from=1.0.0&to=1.1.0')
  expect(body.complete).toBe(true)
  expect(body.changes.some(({ bump, message }: { bump: string; message: string }) => bump === 'major' && /arm64/.test(message))).toBe(true)
  expect((await registry.get('/v1/artifacts/ada/svc/-/compatibility?from=1.0.0&to=1.1.0')).body.verdict).toBe('incompatible')
})

test('what is in a quarantined image is not told by what changed in it', async () => {
  const of = (secret: string, platforms = ['linux/amd64']) => {
    const config = { Env: [`TOKEN=${secret}`] }
    return imageVersion(
      registry.content,
      platforms.map((platform) => ({ platform, config })),
    ).manifestDigest
  }
  await registry.push(ada, 'ada/leaky:1.0.0', of('one', ['linux/amd64', 'linux/arm64']))
  const leaked = await registry.push(ada, 'ada/leaky:1.1.0', of('hunter2'))
  await registry.push(ada, 'ada/leaky:1.2.0', of('three', ['linux/amd64', 'linux/s390x']))
  await registry.settled()
  const read = async (path: string) => {
    const { status, body } = await registry.get(`/v1/artifacts/ada/leaky/-/${path}`)
    return { status, complete: body.complete, text: JSON.stringify(body) }
  }
  expect((await read('diff?from=1.0.0&to=1.1.0')).text).toContain('hunter2')
  const [{ id: artifactId = '' } = {}] = await registry.sql<{ id: string }>`select id from artifacts where name = 'leaky'`
  const manifest = { artifactId, manifestDigest: leaked }
  await registry.kernel.resolve(Publications).quarantine(manifest, { by: 'test', reason: 'a secret' })
  for (const path of ['diff?from=1.0.0&to=1.1.0', 'diff?from=1.1.0&to=1.2.0', 'compatibility?from=1.0.0&to=1.1.0'])
    expect({ path, ...(await read(path)) }).toMatchObject({ path, status: 403, text: expect.stringContaining('metadata.quarantined') })
  for (const path of ['diff?from=1.0.0&to=1.2.0', 'compatibility?from=1.0.0&to=1.2.0'])
    expect({ path, ...(await read(path)) }).toMatchObject({ status: 200, complete: false, text: expect.not.stringContaining('hunter2') })
  const { body } = await registry.get('/v1/artifacts/ada/leaky/-/breaking-changes')
  expect(body.items).toMatchObject([{ to: '1.1.0', breaking: 1, details: [] }])
})

test('content that cannot be read does not stop the graph', async () => {
  await registry.push(ada, 'ada/odd:1.0.0')
  await registry.push(ada, 'ada/odd:1.0.1', image(['linux/amd64'], 'app'))
  await registry.settled()
  expect(await registry.graphOf('ada/odd')).toEqual([
    ['1.0.0', null, null],
    ['1.0.1', '1.0.0', 'patch'],
  ])
  expect((await registry.get('/v1/artifacts/ada/odd/-/graph')).body.edges[0].contentState).toBe('done')
})

test('a comparison that never ends well is tried ten times, and keeps nothing else waiting', async () => {
  await registry.push(ada, 'ada/broken:1.0.0', image(['linux/amd64', 'linux/arm64'], 'app'))
  await registry.push(ada, 'ada/broken:1.0.1', image(['linux/amd64'], 'app'))
  await registry.settled()
  const graphs = registry.kernel.resolve(Graphs)
  const [{ id = '' } = {}] = await registry.sql<{ id: string }>`select id from artifacts where name = 'broken'`
  const state = async () => {
    await graphs.compareContent(id, new AbortController().signal)
    return registry.sql`select content_state as state, content_attempts as attempts from timescape_edges where artifact_id = ${id}`
  }
  await registry.sql`update timescape_edges set content_state = 'pending', content_attempts = 9 where artifact_id = ${id}`
  expect(await state()).toEqual([{ state: 'done', attempts: 10 }])
  await registry.sql`update timescape_edges set content_state = 'pending', content_attempts = 10 where artifact_id = ${id}`
  expect(await state()).toEqual([{ state: 'failed', attempts: 11 }])
})
