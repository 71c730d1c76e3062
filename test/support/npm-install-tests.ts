import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ann, bob, type NpmRegistry } from './npm-registry.ts'

/** Names that elsewhere on the host are routes of something else. */
export const routeNames = ['graphql', 'npm', 'health', 'metrics', 'docs', 'token', 'api']

export interface InstallCommands {
  readonly command: string
  readonly install: readonly string[]
  /** Exactly what the lockfile says. */
  readonly frozen: readonly string[]
  readonly lockfile: string
}

/** What every client can do: install, by a lockfile as well, and be refused. */
export function installTests({ command, install, frozen, lockfile }: InstallCommands, registryOf: () => NpmRegistry): void {
  test('packages named like routes of the host are installed', async () => {
    for (const name of routeNames) await registryOf().publish({ name, version: '1.0.0' })
    const client = await registryOf().client(command, ann)
    const cwd = await client.project({ dependencies: Object.fromEntries(routeNames.map((name) => [name, '1.0.0'])) })
    await client.run(install, { cwd })
    for (const name of routeNames) expect(await readFile(join(cwd, 'node_modules', name, 'index.js'), 'utf8')).toContain(name)
  })

  test('a tree of 300 packages is installed, and by its lockfile again into an empty home', async () => {
    const root = await registryOf().publishTree(300)
    const first = await registryOf().client(command, ann)
    const cwd = await first.project({ dependencies: { [root]: '^1.0.0' } })
    await first.run(install, { cwd })
    const locked = await readFile(join(cwd, lockfile), 'utf8')
    expect(new Set(locked.match(/@acme\/tree-\d{3}/g)).size).toBe(300)
    const second = await registryOf().client(command, ann)
    const again = await second.project({ dependencies: { [root]: '^1.0.0' } }, { [lockfile]: locked })
    await second.run(frozen, { cwd: again })
    await stat(join(again, 'node_modules', root, 'package.json'))
    expect(await readFile(join(again, lockfile), 'utf8')).toBe(locked)
  })

  test('a restricted package is installed by who may read it, and is not there for others', async () => {
    await registryOf().publish({ name: '@acme/restricted', version: '1.0.0' }, { access: 'restricted' })
    const install1 = async (person: typeof ann) => {
      const client = await registryOf().client(command, person)
      const cwd = await client.project({ dependencies: { '@acme/restricted': '1.0.0' } })
      return client.attempt(install, { cwd })
    }
    expect(await install1(ann)).toMatchObject({ code: 0 })
    const refused = await install1(bob)
    expect(refused.code).not.toBe(0)
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/404|not found|no such/i)
  })
}
