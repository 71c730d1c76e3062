import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { configLocation, loadConfig } from '../../src/shared/kernel/load-config.ts'
import { fileUrl, runSnippet } from '../support/node-process.ts'

let folder: string
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'gati-config-')))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const root = fileURLToPath(fileUrl(''))
const own = fileUrl('registry.config.ts')

async function write(name: string, text: string): Promise<URL> {
  await writeFile(join(folder, name), text)
  return pathToFileURL(join(folder, name))
}

test('a folder with a configuration is an installation of its own; without one, the own configuration serves', async () => {
  expect(configLocation(folder).href).toBe(own)
  const module = await write('registry.config.mjs', 'export default { env: {}, modules: [] }')
  expect(configLocation(folder)).toEqual(module)
  const typed = await write('registry.config.ts', 'export default { env: {}, modules: [] }')
  expect(configLocation(folder)).toEqual(typed)
  expect(configLocation(join(root, '.')).href).toBe(own)
  expect(configLocation(root.replace(/\/$/, '')).href).toBe(own)
})

test('a configuration that is named wins over the folder', async () => {
  await write('registry.config.ts', 'export default { env: {}, modules: [] }')
  const other = await write('other.mjs', 'export default { env: { A: "1" }, modules: [] }')
  const found = configLocation(folder, fileURLToPath(other))
  expect(found).toEqual(other)
  expect(await loadConfig(found)).toEqual({ env: { A: '1' }, modules: [] })
})

test.each([
  ['absent', undefined, /there is no configuration at .*absent\.mjs/],
  ['empty', '', /empty\.mjs does not default-export defineConfig/],
  ['list', 'export default { env: {}, modules: {} }', /list\.mjs does not default-export defineConfig/],
  ['throws', 'throw new Error("on purpose")', /throws\.mjs cannot be loaded: on purpose/],
  ['imports', 'import "./nowhere.mjs"', /imports\.mjs cannot be loaded: .*nowhere\.mjs/],
])('a configuration that is no good is named (%s)', async (name, text, expected) => {
  const location = pathToFileURL(join(folder, `${name}.mjs`))
  if (text !== undefined) await writeFile(location, text)
  await expect(loadConfig(location)).rejects.toThrow(expected)
})

test('whatever imports gati-registry/kernel, wherever it lies, gets the very kernel that runs', async () => {
  await mkdir(join(folder, 'node_modules/gati-registry'), { recursive: true })
  await writeFile(join(folder, 'node_modules/gati-registry/package.json'), '{"name":"gati-registry","exports":{"./kernel":"./copy.js"}}')
  await writeFile(join(folder, 'node_modules/gati-registry/copy.js'), 'export const defineModule = "another copy"')
  await write(
    'third-party.mjs',
    `
    import * as kernel from 'gati-registry/kernel'
    import { startTestKernel } from 'gati-registry/testing'
    import { Authorizer } from 'gati-registry/contracts/auth'
    import { Migration } from 'gati-registry/kernel/migration'
    export { kernel, startTestKernel, Authorizer, Migration }`,
  )
  const printed = await runSnippet(
    `
    const { resolveOwnPackage } = await import('${fileUrl('src/shared/kernel/self-resolution.ts')}')
    resolveOwnPackage()
    resolveOwnPackage()
    const other = await import('${pathToFileURL(join(folder, 'third-party.mjs'))}')
    const kernel = await import('${fileUrl('src/shared/kernel/index.ts')}')
    const { Authorizer } = await import('${fileUrl('src/modules/auth/contract.ts')}')
    const { Database } = await import('${fileUrl('src/shared/kernel/database.ts')}')
    console.log(other.kernel === kernel, other.kernel.Database === Database, other.Authorizer === Authorizer, typeof other.Migration, typeof other.startTestKernel)`,
    { cwd: folder },
  )
  expect(printed).toBe('true true true function function\n')
})
