import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPublishing, type PublishingDoor } from './open-publishing.ts'
import { npmDocument, packed } from './package-tarball.ts'

let door: PublishingDoor
beforeAll(async () => {
  door = await openPublishing()
})
afterAll(() => door[Symbol.asyncDispose]())

test('gati says what a package is', async () => {
  const gati = { type: 'plugin', capabilities: ['db:read'], gtypes: [{ name: 'Login', fields: { user: 'string' } }], other: 1 }
  expect((await door.publish('@acme/tool', '1.0.0', { packageJson: { gati } })).status).toBe(201)
  const [row] = await door.sql`select a.type, v.metadata from versions v join artifacts a on a.id = v.artifact_id where a.name = 'tool'`
  expect(row).toMatchObject({ type: 'plugin', metadata: { name: '@acme/tool', capabilities: ['db:read'], gtypes: gati.gtypes } })
  expect((await door.publish('@acme/tool', '1.0.1')).status).toBe(201)
  const wrong = await door.publish('@acme/tool', '1.0.2', { packageJson: { gati: { gatiVersion: 'the newest' } } })
  expect([wrong.status, wrong.code]).toEqual([400, 'packuments.package_json_invalid'])
})

test('a package with a readme, types and a range of the framework is found by them, and says as much as it can', async () => {
  const about = { description: 'Sends mail', license: 'MIT', repository: 'github:acme/mail', keywords: ['mail'] }
  const publish = async (name: string, packageJson: object, files: Record<string, string>) => {
    const manifest = { name, version: '1.0.0', ...about, ...packageJson }
    expect((await door.put(name, npmDocument(manifest, await packed(manifest, files)))).status).toBe(201)
  }
  await publish('@acme/full', { types: 'lib/index.d.ts', gati: { gatiVersion: '^1.2.0' } }, { 'README.md': '# Mail' })
  await publish('@acme/shipped', { exports: './index.js' }, { 'lib/index.d.mts': 'export {}', 'readme.md': '' })
  await publish('@acme/bare', {}, { 'node_modules/other/index.d.ts': 'export {}' })
  await publish('@acme/told', { typings: 'x'.repeat(300), gati: { language: 'CoffeeScript' } }, {})
  await door.kernel.drainEffects()
  const found = async (query = '') => {
    const answer = await door.send('GET', `/v1/search?query=mail${query}`, { as: 'ann' })
    const { items } = answer.json<{
      items: { name: string; languages: string[]; gatiVersion: string | null; score: { quality: number } }[]
    }>()
    return items.map(({ name, languages, gatiVersion, score }) => [name, languages, gatiVersion, score.quality]).sort()
  }
  expect(await found()).toEqual([
    ['bare', ['javascript'], null, 0.65],
    ['full', ['javascript', 'typescript'], '^1.2.0', 1],
    ['shipped', ['javascript', 'typescript'], null, 0.8],
    ['told', ['coffeescript'], null, 0.65],
  ])
  expect((await found('&language=typescript&gatiVersion=1.3.0')).map(([name]) => name)).toEqual(['full'])
  // What clients read is what the package says, and nothing of this.
  const document = (await door.send('GET', '/npm/@acme%2fshipped', { as: 'ann' })).json<{ versions: Record<string, object> }>()
  expect(document.versions['1.0.0']).not.toHaveProperty('types')
})
