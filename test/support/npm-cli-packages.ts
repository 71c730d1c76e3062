import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { routeNames } from './npm-install-tests.ts'
import { ann, bob, type NpmRegistry } from './npm-registry.ts'

/** Publishing, installing and changing packages: what is the same in npm 11 and 12. */
export function npmPackageTests(command: 'npm11' | 'npm12', registryOf: () => NpmRegistry): void {
  describe.concurrent(`packages with ${command}`, () => {
    test('scoped, unscoped and restricted packages are published and installed', async () => {
      const npm = await registryOf().client(command, ann)
      const publish = async (manifest: object, ...more: string[]) =>
        npm.run(['publish', ...more], {
          cwd: await registryOf().packageFolder({ version: '1.0.0', ...manifest }, { 'index.js': 'module.exports = 7\n' }),
        })
      await publish({ name: '@acme/open' })
      await publish({ name: 'left-handed' })
      await publish({ name: '@acme/shut' }, '--access=restricted')
      const cwd = await npm.project()
      await npm.run(['install', '@acme/open', 'left-handed', '@acme/shut'], { cwd })
      for (const name of ['@acme/open', 'left-handed', '@acme/shut'])
        expect(await readFile(join(cwd, 'node_modules', name, 'index.js'), 'utf8')).toBe('module.exports = 7\n')
      const stranger = await registryOf().client(command, bob)
      const elsewhere = await stranger.project()
      await stranger.run(['install', '@acme/open', 'left-handed'], { cwd: elsewhere })
      expect((await stranger.attempt(['install', '@acme/shut'], { cwd: elsewhere })).stderr).toContain('E404')
    })

    test('a version is published once, and a stranger publishes nothing', async () => {
      const npm = await registryOf().client(command, ann)
      const cwd = await registryOf().packageFolder({ name: '@acme/once', version: '1.0.0' })
      await npm.run(['publish'], { cwd })
      const again = await npm.attempt(['publish'], { cwd })
      expect(again.code).not.toBe(0)
      expect(again.stderr).toMatch(/EPUBLISHCONFLICT|E403|E409|previously published/)
      const stranger = await registryOf().client(command, bob)
      const foreign = await registryOf().packageFolder({ name: '@acme/foreign', version: '1.0.0' })
      expect((await stranger.attempt(['publish'], { cwd: foreign })).stderr).toMatch(/E403|E404/)
      const nobody = await registryOf().client(command)
      expect((await nobody.attempt(['publish'], { cwd: foreign })).stderr).toMatch(/ENEEDAUTH|E401/)
    })

    test('a tree of 300 packages is installed, and again by ci from its lockfile', async () => {
      const root = await registryOf().publishTree(300)
      const npm = await registryOf().client(command, ann)
      const cwd = await npm.project({ dependencies: { [root]: '^1.0.0' } })
      await npm.run(['install', '--no-audit'], { cwd })
      expect(await packagesIn(cwd)).toBe(300)
      await npm.run(['ci', '--no-audit', '--cache', join(npm.home, 'empty-cache')], { cwd })
      expect(await packagesIn(cwd)).toBe(300)
    })

    test('packages named like routes of the host are published and installed', async () => {
      const npm = await registryOf().client(command, ann)
      for (const name of routeNames) await npm.run(['publish'], { cwd: await registryOf().packageFolder({ name, version: '1.0.0' }) })
      const cwd = await npm.project()
      await npm.run(['install', '--no-audit', ...routeNames], { cwd })
      for (const name of routeNames) await stat(join(cwd, 'node_modules', name, 'package.json'))
    })

    test('dist-tags are added, listed, used and removed', async () => {
      const npm = await registryOf().client(command, ann)
      for (const version of ['1.0.0', '1.1.0-rc.1'])
        await npm.run(['publish', `--tag=${version.includes('rc') ? 'next' : 'latest'}`], {
          cwd: await registryOf().packageFolder({ name: '@acme/tagged', version }),
        })
      await npm.run(['dist-tag', 'add', '@acme/tagged@1.0.0', 'stable'])
      const tags = async () => (await npm.run(['dist-tag', 'ls', '@acme/tagged'])).stdout.trim().split('\n').sort()
      expect(await tags()).toEqual(['latest: 1.0.0', 'next: 1.1.0-rc.1', 'stable: 1.0.0'])
      expect((await npm.run(['view', '@acme/tagged@next', 'version'])).stdout.trim()).toBe('1.1.0-rc.1')
      await npm.run(['dist-tag', 'rm', '@acme/tagged', 'stable'])
      expect(await tags()).toEqual(['latest: 1.0.0', 'next: 1.1.0-rc.1'])
      const stranger = await registryOf().client(command, bob)
      expect((await stranger.attempt(['dist-tag', 'add', '@acme/tagged@1.0.0', 'bad'])).stderr).toMatch(/E403|E404/)
    })

    test('a version is deprecated and no longer so', async () => {
      const npm = await registryOf().client(command, ann)
      for (const version of ['1.0.0', '2.0.0'])
        await npm.run(['publish'], { cwd: await registryOf().packageFolder({ name: '@acme/old', version }) })
      await npm.run(['deprecate', '@acme/old@1', 'take 2'])
      expect((await npm.run(['view', '@acme/old@1.0.0', 'deprecated'])).stdout.trim()).toBe('take 2')
      expect((await npm.run(['view', '@acme/old@2.0.0', 'deprecated'])).stdout.trim()).toBe('')
      const cwd = await npm.project()
      expect((await npm.run(['install', '--no-audit', '@acme/old@1'], { cwd })).stderr).toContain('take 2')
      await npm.run(['deprecate', '@acme/old@1', ''])
      expect((await npm.run(['view', '@acme/old@1.0.0', 'deprecated', '--prefer-online'])).stdout.trim()).toBe('')
    })

    test('one version is unpublished, then all', async () => {
      const npm = await registryOf().client(command, ann)
      for (const version of ['1.0.0', '1.1.0'])
        await npm.run(['publish'], { cwd: await registryOf().packageFolder({ name: '@acme/gone', version }) })
      await npm.run(['unpublish', '@acme/gone@1.1.0'])
      expect(await npm.json(['view', '@acme/gone', 'versions', '--json', '--prefer-online'])).toEqual(['1.0.0'])
      expect((await npm.run(['view', '@acme/gone', 'dist-tags.latest', '--prefer-online'])).stdout.trim()).toBe('1.0.0')
      await npm.run(['unpublish', '--force', '@acme/gone'])
      expect((await npm.attempt(['view', '@acme/gone', '--prefer-online'])).stderr).toContain('E404')
    })

    test('search, view and pack', async () => {
      const npm = await registryOf().client(command, ann)
      const manifest = {
        name: '@acme/searched',
        version: '1.2.3',
        description: 'The platypus of packages',
        keywords: ['monotreme'],
        license: 'MIT',
      }
      await npm.run(['publish'], { cwd: await registryOf().packageFolder(manifest) })
      const search = async (text: string) =>
        (await npm.json<{ name: string; version: string }[]>(['search', '--json', text])).map(({ name }) => name)
      await expect.poll(() => search('platypus'), { timeout: 20_000, interval: 300 }).toEqual(['@acme/searched'])
      expect(await search('monotreme')).toEqual(['@acme/searched'])
      expect([await npm.json(['view', '@acme/searched', '--json'])].flat()).toMatchObject([
        { ...manifest, 'dist-tags': { latest: '1.2.3' } },
      ])
      const cwd = await npm.project()
      const [packed] = await packedBy(npm.json(['pack', '@acme/searched', '--json'], { cwd }))
      await stat(join(cwd, packed ?? ''))
    })

    test('a staged version is published when it is approved, and forgotten when it is rejected', async () => {
      const npm = await registryOf().client(command, ann)
      const publish = async (version: string, ...words: string[]) =>
        npm.run([...words, 'publish'], { cwd: await registryOf().packageFolder({ name: '@acme/staged', version }) })
      await publish('1.0.0')
      await publish('1.1.0', 'stage')
      await publish('1.2.0', 'stage')
      const staged = async () => npm.json<{ id: string; version: string }[]>(['stage', 'list', '@acme/staged', '--json'])
      const [first, second] = (await staged()).toSorted((a, b) => a.version.localeCompare(b.version))
      expect([first?.version, second?.version]).toEqual(['1.1.0', '1.2.0'])
      const versions = async () => npm.json(['view', '@acme/staged', 'versions', '--json', '--prefer-online'])
      expect(await versions()).toEqual(['1.0.0'])
      expect((await npm.run(['stage', 'view', first?.id ?? ''])).stdout).toContain('1.1.0')
      const cwd = await npm.project()
      await npm.run(['stage', 'download', first?.id ?? ''], { cwd })
      await stat(join(cwd, `acme-staged-1.1.0-${first?.id}.tgz`))
      await npm.run(['stage', 'approve', first?.id ?? ''])
      await npm.run(['stage', 'reject', second?.id ?? ''])
      expect(await staged()).toEqual([])
      expect(await versions()).toEqual(['1.0.0', '1.1.0'])
    })

    test('audit knows what was imported, and is content with what is not vulnerable', async () => {
      for (const version of ['1.0.0', '2.0.0']) await registryOf().publish({ name: '@acme/holey', version })
      await registryOf().importAdvisory('@acme/holey')
      const npm = await registryOf().client(command, ann)
      const cwd = await npm.project({ dependencies: { '@acme/holey': '1.0.0' } })
      await npm.run(['install', '--no-audit'], { cwd })
      const found = await npm.attempt(['audit', '--json'], { cwd })
      expect(found.code).toBe(1)
      expect(JSON.parse(found.stdout)).toMatchObject({
        vulnerabilities: { '@acme/holey': { severity: 'critical', fixAvailable: { version: '2.0.0' } } },
      })
      await npm.run(['install', '--no-audit', '@acme/holey@2'], { cwd })
      expect((await npm.run(['audit'], { cwd })).stdout).toContain('found 0 vulnerabilities')
    })
  })
}

async function packagesIn(folder: string): Promise<number> {
  const lock = JSON.parse(await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as { packages: object }
  const paths = Object.keys(lock.packages)
  await Promise.all(paths.map((path) => stat(join(folder, path, 'package.json'))))
  return paths.length
}

/** npm 11 gives a list, npm 12 an object by name. */
export async function packedBy(answer: Promise<Record<string, unknown>>): Promise<string[]> {
  return Object.values(await answer).map((each) => (each as { filename: string }).filename)
}
