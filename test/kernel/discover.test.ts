import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Type } from '@sinclair/typebox'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { discoverModules } from '../../src/shared/kernel/discover.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import { combineModules } from '../../src/shared/kernel/set-up-modules.ts'
import { fileUrl } from '../support/node-process.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gati-modules-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(name: string, code: string): Promise<void> {
  await mkdir(join(folder, name))
  await writeFile(join(folder, name, 'module.ts'), code)
}
const discover = () => discoverModules(pathToFileURL(`${folder}/`))
const moduleCode = (name: string) => `
  import { defineModule } from '${fileUrl('src/shared/kernel/module.ts')}'
  export default defineModule({ name: '${name}', description: '', config: { type: 'object', properties: {} }, deps: {}, provides: {}, setup: () => ({}) })`

test('every folder is a module; files beside them are not', async () => {
  await write('b', moduleCode('b'))
  await write('a', moduleCode('a'))
  await writeFile(join(folder, 'README.md'), '')
  expect((await discover()).map(({ name }) => name)).toEqual(['a', 'b'])
})

test.each([
  ['holds no module file', undefined, /a\/module\.ts/],
  ['does not export one', 'export const nothing = 1', /a\/module\.ts does not default-export defineModule/],
  ['exports something else', 'export default { name: "a" }', /a\/module\.ts does not default-export defineModule/],
  ['has another name', moduleCode('b'), /a\/module\.ts calls itself b/],
  ['throws', 'throw new Error("on purpose")', /a\/module\.ts cannot be loaded: on purpose/],
])('a folder that %s stops the boot and is named', async (_case, code, expected) => {
  if (code === undefined) await mkdir(join(folder, 'a'))
  else await write('a', code)
  await expect(discover()).rejects.toThrow(expected)
})

const moduleOf = (name: string, label = '') =>
  defineModule({
    name,
    description: label,
    config: Type.Object({ size: Type.Integer({ default: 1 }) }),
    deps: {},
    provides: {},
    setup: () => ({}),
  })

test('the configuration gives settings to modules of the tree, also through a copy of them, and brings others', () => {
  const tree = [moduleOf('search', 'of the tree'), moduleOf('auth')]
  const copy = moduleOf('search', 'a copy')
  const uses = combineModules(tree, [copy.configure({ size: 2 }), moduleOf('third-party'), moduleOf('other').configure({ size: 3 })])
  expect(uses.map(({ module, settings }) => [module.name, settings])).toEqual([
    ['search', { size: 2 }],
    ['auth', {}],
    ['third-party', {}],
    ['other', { size: 3 }],
  ])
  expect(uses[0]?.module.description).toBe('of the tree')
})

test.each([[undefined], [{}], ['name'], [{ module: {}, settings: {} }]])('what is no module is refused with its place: %j', (entry) => {
  expect(() => combineModules([], [moduleOf('a'), entry as never])).toThrow('modules[1] of the configuration is not a module')
})
