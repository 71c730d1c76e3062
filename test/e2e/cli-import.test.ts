import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { packed } from '../modules/npm/package-tarball.ts'
import { type Cli, cliOf } from '../support/run-cli.ts'
import { type RunningRegistry, runRegistry } from '../support/run-registry.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let registry: RunningRegistry
let cli: Cli

beforeAll(async () => {
  folder = await temporaryFolder()
  registry = await runRegistry()
  cli = cliOf(join(folder.path, 'config'), registry.url)
  await cli.login()
})

beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(registry.output().slice(-5_000))))

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

test('tarballs are imported once, verified, and told of again when they differ', async () => {
  const source = join(folder.path, 'tarballs')
  await mkdir(source)
  for (const version of ['1.0.0', '1.1.0'])
    await writeFile(join(source, `${version}.tgz`), await packed({ name: '@admin/brought', version }))
  const counts = { packages: 1, notKept: {}, problems: [] }
  expect(await cli.json(['import', 'npm-tarballs', source])).toMatchObject({ ...counts, published: 2, present: 0, verified: 2 })
  expect(await cli.json(['import', 'npm-tarballs', source, '--download'])).toMatchObject({
    ...counts,
    published: 0,
    present: 2,
    verified: 2,
  })
  expect(await cli.json(['versions', 'admin/brought'])).toMatchObject([{ version: '1.1.0' }, { version: '1.0.0' }])

  await writeFile(join(source, '1.1.0.tgz'), await packed({ name: '@admin/brought', version: '1.1.0' }, { other: 'x' }))
  const { code, stdout } = await cli.run(['import', 'npm-tarballs', source])
  expect(code).toBe(1)
  expect(stdout).toContain('1 versions verified')
  expect(stdout).toContain('@admin/brought@1.1.0: this version is there already, with other bytes')
  const failed = await cli.run(['import', 'npm-tarballs', source, '--json'])
  expect([failed.code, JSON.parse(failed.stdout)]).toMatchObject([
    1,
    { verified: 1, problems: [{ package: '@admin/brought', version: '1.1.0' }] },
  ])
})

test('a folder that is none is a mistake of the caller, and one without packages fails', async () => {
  expect((await cli.run(['import', 'verdaccio', join(folder.path, 'nosuch')])).code).toBe(2)
  await mkdir(join(folder.path, 'empty'))
  expect((await cli.run(['import', 'verdaccio', join(folder.path, 'empty')])).code).toBe(1)
})
