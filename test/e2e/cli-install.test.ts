import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cliOf } from '../support/run-cli.ts'
import { runRegistry } from '../support/run-registry.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Lock {
  readonly wanted: Record<string, string>
  readonly artifacts: Record<string, { version: string; digest: string; files: string[]; dependencies: Record<string, string> }>
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

test('install fetches an artifact with all it depends on and remembers exactly what', async () => {
  await using registry = await runRegistry()
  await using folder = await temporaryFolder()
  const cli = cliOf(join(folder.path, 'config'), registry.url, folder.path)
  await cli.login()
  const publish = async (name: string, version: string, dependencies: object[] = []) => {
    const file = join(folder.path, `${name}.txt`)
    const manifest = join(folder.path, 'manifest.json')
    await writeFile(file, `${name} ${version}`)
    await writeFile(manifest, JSON.stringify({ name, version, config: { binaryFile: `${name}.txt` }, dependencies }))
    await cli.json(['publish', `admin/${name}@${version}`, file, '--manifest', manifest])
  }
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) await publish('base', version)
  await publish('middle', '1.0.0', [{ name: 'base', version: '^1.0.0' }])
  await publish('app', '1.0.0', [
    { name: 'middle', version: '*' },
    { name: 'base', version: '>=1.0.0' },
    { name: 'nowhere', version: '^1.0.0', optional: true },
  ])

  const lock = await cli.json<Lock>(['install', 'admin/app'])
  const versions = ({ artifacts }: Lock) => Object.fromEntries(Object.entries(artifacts).map(([id, { version }]) => [id, version]))
  expect(versions(lock)).toEqual({ 'admin/app': '1.0.0', 'admin/middle': '1.0.0', 'admin/base': '1.1.0' })
  expect(await readFile(join(folder.path, 'gati_modules/admin/base/base.txt'), 'utf8')).toBe('base 1.1.0')
  expect(JSON.parse(await readFile(join(folder.path, 'gati-lock.json'), 'utf8'))).toEqual(lock)

  await publish('base', '1.2.0')
  expect(versions(await cli.json<Lock>(['install']))).toEqual(versions(lock))

  const unsuitable = await cli.run(['install', 'admin/base@^2.0.0'])
  expect(unsuitable.code).toBe(1)
  expect(unsuitable.stderr).toContain('no version of admin/base suits')
  expect(unsuitable.stderr).toContain('^1.0.0 (admin/middle@1.0.0)')

  expect(versions(await cli.json<Lock>(['install', 'admin/base@^1.2.0']))).toMatchObject({ 'admin/base': '1.2.0' })
  expect(await readFile(join(folder.path, 'gati_modules/admin/base/base.txt'), 'utf8')).toBe('base 1.2.0')
})

test('install without names and without a lock file is a mistake of the caller', async () => {
  await using registry = await runRegistry()
  await using folder = await temporaryFolder()
  const { code, stderr } = await cliOf(join(folder.path, 'config'), registry.url, folder.path).run(['install'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('name what to install')])
  expect(await exists(join(folder.path, 'gati_modules'))).toBe(false)
})
