import { createHash } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RegistryClient } from '../../../src/cli/client.ts'
import { type ImportOptions, importPackages } from '../../../src/cli/import/import-packages.ts'
import { reportText } from '../../../src/cli/import/import-report.ts'
import { NpmDoor } from '../../../src/cli/import/npm-door.ts'
import { readTarballs } from '../../../src/cli/import/npm-tarballs.ts'
import type { Source } from '../../../src/cli/import/source-package.ts'
import { readVerdaccio } from '../../../src/cli/import/verdaccio.ts'
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts'
import { openPublishing, type PublishingDoor } from './open-publishing.ts'
import { integrityOf, packed, shasumOf } from './package-tarball.ts'

let registry: PublishingDoor
let folder: TemporaryFolder
beforeAll(async () => {
  registry = await openPublishing()
})
afterAll(() => registry[Symbol.asyncDispose]())
beforeEach(async () => {
  folder = await temporaryFolder()
  return () => folder[Symbol.asyncDispose]()
})

const basic = (name: string) => `Basic ${Buffer.from(`${name}:correct horse battery`).toString('base64')}`
const bring = async (source: Source, options: Partial<ImportOptions> = {}, authorization = basic('ann')) => {
  let advanced = 0
  const advance = (bytes: number) => {
    advanced += bytes
  }
  const progress = { advance, stop: () => {} }
  const door = new NpmDoor(new RegistryClient(registry.origin, authorization))
  const report = await importPackages(source, { door, progress, options: { access: null, download: true, ...options } })
  return { ...report, advanced }
}
const documentOf = async (name: string) =>
  (await registry.send('GET', `/npm/${name.replace('/', '%2f')}?write=true`, { as: 'ann' })).json<{
    'dist-tags': Record<string, string>
    versions: Record<string, { deprecated?: string; dist: { integrity: string } }>
    time: Record<string, string>
  }>()

interface Stored {
  readonly name: string
  readonly versions: Record<
    string,
    { readonly deprecated?: string; readonly time?: string; readonly size?: number; readonly packageJson?: object }
  >
  readonly tags: Record<string, string>
}

/** A package as Verdaccio keeps it. */
async function store({ name, versions, tags }: Stored): Promise<Record<string, Buffer>> {
  const at = join(folder.path, name)
  await mkdir(at, { recursive: true })
  const tarballs: Record<string, Buffer> = {}
  const manifests: Record<string, unknown> = {}
  for (const [version, { deprecated, size = 10, packageJson }] of Object.entries(versions)) {
    const manifest = { name, version, scripts: { test: 'true' }, ...packageJson }
    const bytes = await packed(manifest, {
      'data.bin': createHash('shake256', { outputLength: size }).update(`${name}${version}`).digest(),
    })
    const file = `${name.split('/').at(-1)}-${version}.tgz`
    tarballs[version] = bytes
    await writeFile(join(at, file), bytes)
    const dist = { integrity: integrityOf(bytes), shasum: shasumOf(bytes), tarball: `http://old.example.org/${name}/-/${file}` }
    manifests[version] = { ...manifest, ...(deprecated !== undefined && { deprecated }), dist }
  }
  const time = Object.fromEntries(Object.entries(versions).flatMap(([version, entry]) => (entry.time ? [[version, entry.time]] : [])))
  const document = { name, versions: manifests, 'dist-tags': tags, time, users: { somebody: true }, _attachments: {}, _rev: '5-abc' }
  await writeFile(join(at, 'package.json'), JSON.stringify(document))
  return tarballs
}

test('packages of Verdaccio come with their order, tags, deprecations and bytes', async () => {
  const tarballs = await store({
    name: '@acme/widget',
    versions: {
      '2.0.0': { time: '2024-03-01T00:00:00.000Z' },
      '1.0.0': { time: '2024-01-01T00:00:00.000Z', deprecated: 'use 2' },
      // Larger than what is held in memory, and no multiple of three bytes.
      '1.0.1': { time: '2024-04-01T00:00:00.000Z', size: 5_000_002 },
    },
    tags: { latest: '2.0.0', legacy: '1.0.1' },
  })
  const source = await readVerdaccio(folder.path, { all: false })
  expect(source.packages[0]?.versions.map(({ version }) => version)).toEqual(['1.0.0', '2.0.0', '1.0.1'])
  const report = await bring(source)
  const bytes = Object.values(tarballs).reduce((sum, { length }) => sum + length, 0)
  expect(report).toEqual({
    ...{ packages: 1, published: 3, present: 0, deprecated: 1, tags: 0, verified: 3, bytes, advanced: bytes },
    notKept: { 'publication time': 3, star: 1 },
    problems: [],
  })
  const document = await documentOf('@acme/widget')
  expect(document['dist-tags']).toEqual({ latest: '2.0.0', legacy: '1.0.1' })
  expect(document.versions['1.0.0']?.deprecated).toBe('use 2')
  for (const [version, tarball] of Object.entries(tarballs)) expect(document.versions[version]?.dist.integrity).toBe(integrityOf(tarball))
  expect(reportText(report)).toContain('not kept: 3 × publication time')
})

test('a second import changes nothing, and goes on where the first one ended', async () => {
  await store({ name: 'resumed', versions: { '1.0.0': { deprecated: 'old' }, '1.1.0': {} }, tags: { latest: '1.1.0' } })
  const source = await readVerdaccio(folder.path, { all: false })
  const [first] = source.packages
  if (!first) throw new Error('nothing was read')
  await bring({ ...source, packages: [{ ...first, versions: first.versions.slice(0, 1) }] })
  expect((await documentOf('resumed'))['dist-tags']).toEqual({ latest: '1.0.0' })
  expect(await bring(source)).toMatchObject({ published: 1, present: 1, deprecated: 0, verified: 2, problems: [] })
  expect((await documentOf('resumed'))['dist-tags']).toEqual({ latest: '1.1.0' })
  expect(await bring(source)).toMatchObject({ published: 0, present: 2, deprecated: 0, tags: 0, verified: 2, problems: [] })
})

test('tags that were moved meanwhile go back to where they were', async () => {
  await store({ name: 'moved', versions: { '1.0.0': {}, '2.0.0': {} }, tags: { latest: '1.0.0' } })
  await bring(await readVerdaccio(folder.path, { all: false }))
  await registry.send('PUT', '/npm/-/package/moved/dist-tags/latest', {
    as: 'ann',
    body: '"2.0.0"',
    headers: { 'content-type': 'application/json' },
  })
  expect(await bring(await readVerdaccio(folder.path, { all: false }))).toMatchObject({ present: 2, tags: 1, problems: [] })
  expect((await documentOf('moved'))['dist-tags']).toEqual({ latest: '1.0.0' })
})

test('what cannot be imported is told, and keeps nothing else from it', async () => {
  await store({ name: 'holes', versions: { '1.0.0': {}, '1.0.1': {}, '1.0.2': {}, '1.0.3': {} }, tags: { latest: '1.0.3', v1: '1.0.0' } })
  await rm(join(folder.path, 'holes/holes-1.0.1.tgz'))
  await writeFile(join(folder.path, 'holes/holes-1.0.2.tgz'), await packed({ name: 'holes', version: '1.0.2' }, { evil: 'x' }))
  await registry.publish('holes', '1.0.3')
  await store({ name: '@nobody/has', versions: { '1.0.0': {} }, tags: {} })
  await store({ name: 'private-one', versions: { '1.0.0': { packageJson: { private: true } } }, tags: {} })
  await mkdir(join(folder.path, 'broken'))
  await writeFile(join(folder.path, 'broken/package.json'), '{')
  const { problems, ...report } = await bring(await readVerdaccio(folder.path, { all: false }))
  expect(report).toMatchObject({ packages: 3, published: 1, verified: 1 })
  const reasons = Object.fromEntries(problems.map(({ package: name, version, reason }) => [`${name}@${version}`, reason]))
  expect(reasons).toMatchObject({
    'holes@1.0.1': expect.stringContaining('no tarball'),
    'holes@1.0.2': expect.stringContaining('checksum differs'),
    'holes@1.0.3': expect.stringContaining('other bytes'),
    'holes@1.0.0': expect.stringContaining('tag'),
    '@nobody/has@1.0.0': expect.stringContaining('(404)'),
    'private-one@1.0.0': expect.stringContaining('private'),
    'broken@undefined': expect.stringContaining('cannot be read'),
  })
  expect(problems).toHaveLength(7)
})

test('copies of packages of other registries stay behind, unless they are asked for', async () => {
  await store({ name: 'ours', versions: { '1.0.0': {} }, tags: { latest: '1.0.0' } })
  await store({ name: 'theirs', versions: { '1.0.0': {} }, tags: { latest: '1.0.0' } })
  await writeFile(join(folder.path, '.verdaccio-db.json'), JSON.stringify({ list: ['ours'], secret: 'x' }))
  const names = async (all: boolean) => (await readVerdaccio(folder.path, { all })).packages.map(({ name }) => name)
  expect(await names(false)).toEqual(['ours'])
  expect(await names(true)).toEqual(['ours', 'theirs'])
})

test('a document of Verdaccio does not lead out of its folder', async () => {
  await store({ name: 'tricky', versions: { '1.0.0': {} }, tags: {} })
  await writeFile(join(folder.path, 'secret.tgz'), 'x')
  const at = join(folder.path, 'tricky/package.json')
  for (const tarball of ['http://x/../../secret.tgz', 'http://x/..%2f..%2fsecret.tgz']) {
    await writeFile(at, JSON.stringify({ versions: { '1.0.0': { dist: { tarball } }, '2.0.0': { dist: { tarball } } } }))
    const [read] = (await readVerdaccio(folder.path, { all: false })).packages
    expect(read?.versions.map((version) => version.tarball)).toEqual([join(folder.path, 'tricky/tricky-1.0.0.tgz'), undefined])
  }
})

test('tarballs of a folder: what they are says package.json, and latest is the highest release', async () => {
  await mkdir(join(folder.path, 'deep/er'), { recursive: true })
  const put = async (file: string, name: string, version: string) => writeFile(join(folder.path, file), await packed({ name, version }))
  await put('a.tgz', 'loose', '1.10.0')
  await put('deep/b.tgz', 'loose', '1.9.0')
  await put('deep/er/c.tar.gz', 'loose', '2.0.0-rc.1')
  await put('deep/er/d.tgz', '@acme/loose', '1.0.0')
  await put('z.tgz', 'loose', '1.9.0')
  await writeFile(join(folder.path, 'no.tgz'), 'not gzip')
  const report = await bring(await readTarballs(folder.path), { access: 'restricted' })
  expect(report, JSON.stringify(report.problems)).toMatchObject({ packages: 2, published: 4, verified: 4 })
  expect(report.problems.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('cannot be imported'),
    expect.stringContaining('second tarball'),
  ])
  expect((await documentOf('loose'))['dist-tags']).toEqual({ latest: '1.10.0' })
  expect((await registry.send('GET', '/npm/@acme%2floose')).status).toBe(401)
  // A lower version that comes later takes latest from no higher one.
  await rm(join(folder.path, 'a.tgz'))
  await rm(join(folder.path, 'no.tgz'))
  await put('late.tgz', 'loose', '1.9.5')
  await bring(await readTarballs(folder.path))
  expect((await documentOf('loose'))['dist-tags']).toEqual({ latest: '1.10.0' })
})

test('without a credential, and without a registry, the import ends at once', async () => {
  await store({ name: 'refused', versions: { '1.0.0': {} }, tags: {} })
  const source = await readVerdaccio(folder.path, { all: false })
  await expect(bring(source, {}, 'Bearer gati_wrong')).rejects.toThrow(/\(401\)/)
  const nowhere = new NpmDoor(new RegistryClient('http://127.0.0.1:1', basic('ann')))
  const progress = { advance: () => {}, stop: () => {} }
  await expect(importPackages(source, { door: nowhere, progress, options: { access: null, download: false } })).rejects.toThrow(
    /cannot reach/,
  )
  await expect(readVerdaccio(join(folder.path, 'nosuch'), { all: false })).rejects.toMatchObject({ exitCode: 2 })
})
