import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProgram, startProgram } from '../support/run-program.ts'
import { adminPassword, root, runRegistry } from '../support/run-registry.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let author: string
let deployment: string

/** What `npm run build` made is packed as it is: the run of these tests built it. */
beforeAll(async () => {
  folder = await temporaryFolder()
  author = join(folder.path, 'author')
  deployment = join(folder.path, 'deployment')
  await mkdir(deployment)
  await writeFile(join(deployment, 'package.json'), JSON.stringify({ name: 'deployment', private: true, type: 'module' }))
  await runProgram(['npm', 'pack', '--ignore-scripts', '--pack-destination', folder.path])
  await install(await tarball('gati-registry-'))
  await prepareAuthor()
  await runProgram(['npm', 'pack', '--pack-destination', folder.path], { cwd: author })
  await install(await tarball('gati-hello-module-'))
  await configure({ greeting: 'Welcome' })
}, 480_000)

afterAll(() => folder?.[Symbol.asyncDispose]())

/** npm waits five minutes for an answer that stalls, unless told otherwise. */
const patience = ['--fetch-timeout=20000', '--fetch-retries=4', '--fetch-retry-mintimeout=1000']
const install = (file: string) =>
  runProgram(['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...patience, file], { cwd: deployment, timeoutMs: 200_000 })

async function tarball(prefix: string): Promise<string> {
  const name = (await readdir(folder.path)).find((entry) => entry.startsWith(prefix) && entry.endsWith('.tgz'))
  if (name === undefined) throw new Error(`nothing called ${prefix}*.tgz was packed`)
  return join(folder.path, name)
}

/** The author's own folder: the registry as it was packed, and the tools every author has. */
async function prepareAuthor(): Promise<void> {
  await cp(join(root, 'examples/hello-module'), author, {
    recursive: true,
    filter: (source) => !/hello-module\/(dist|node_modules)/.test(source),
  })
  const links = {
    'gati-registry': join(deployment, 'node_modules/gati-registry'),
    '@sinclair/typebox': join(deployment, 'node_modules/@sinclair/typebox'),
    '@types/node': join(root, 'node_modules/@types/node'),
    'undici-types': join(root, 'node_modules/undici-types'),
    typescript: join(root, 'node_modules/typescript'),
  }
  for (const [name, target] of Object.entries(links)) {
    const link = join(author, 'node_modules', name)
    await mkdir(join(link, '..'), { recursive: true })
    await symlink(target, link)
  }
}

const configText = (settings: object) => `import hello from 'gati-hello-module'
import { defineConfig } from 'gati-registry/kernel'

export default defineConfig({ env: process.env, modules: [hello.configure(${JSON.stringify(settings)})] })
`

const configure = (settings: object, name = 'registry.config.ts') => writeFile(join(deployment, name), configText(settings))

test('the module is part of the registry that names it: its route answers, its settings hold, its effect counts', async () => {
  await using registry = await runRegistry({ command: ['npx', 'gati-registry', 'start'], cwd: deployment })
  const greet = async () => (await fetch(`${registry.url}/v1/hello/ada`)).json()
  expect(await greet()).toEqual({ greeting: 'Welcome, ada', published: 0 })

  const published = await fetch(`${registry.url}/v1/artifacts/admin/widget/1.0.0`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`,
      'content-type': 'application/octet-stream',
    },
    body: await readFile(await tarball('gati-hello-module-')),
  })
  expect(published.status).toBe(201)
  await expect.poll(greet, { timeout: 20_000 }).toEqual({ greeting: 'Welcome, ada', published: 1 })

  const { paths } = (await (await fetch(`${registry.url}/openapi.json`)).json()) as { paths: object }
  expect(paths).toHaveProperty(['/v1/hello/{visitor}'])
})

test('the environment overrides its settings, under a name made of the module and the key', async () => {
  const env = { REGISTRY_HELLO_GREETING: 'Servus' }
  await using registry = await runRegistry({ command: ['npx', 'gati-registry', 'start'], cwd: deployment, env })
  expect(await (await fetch(`${registry.url}/v1/hello/ada`)).json()).toMatchObject({ greeting: 'Servus, ada' })
})

test('a wrong setting stops the boot and names module, path and variable', async () => {
  await configure({ greeting: 7 }, 'wrong.config.ts')
  const started = startProgram(['npx', 'gati-registry', 'start', '--config', 'wrong.config.ts'], {
    cwd: deployment,
    env: { REGISTRY_DATA_DIR: join(folder.path, 'never'), REGISTRY_PORT: '0' },
  })
  const { code, stderr } = await started.result
  expect(code).toBe(1)
  expect(stderr).toMatch(/hello[\s\S]*greeting[\s\S]*string[\s\S]*REGISTRY_HELLO_GREETING/i)
})

test('its own tests pass with the kit of the packed registry', async () => {
  const { stdout } = await runProgram(['npm', 'test'], { cwd: author })
  expect(stdout).toMatch(/pass 3\n[\s\S]*fail 0\n/)
})

test('the types that are packed know its settings: a misspelt one does not compile', async () => {
  const compilerOptions = {
    ...{ target: 'es2024', lib: ['es2024', 'esnext.disposable'], module: 'nodenext', strict: true, exactOptionalPropertyTypes: true },
    ...{ noEmit: true, skipLibCheck: true, types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  }
  const check = async (config: string) => {
    await writeFile(join(deployment, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [config] }))
    return startProgram(['tsc', '--noEmit', '-p', 'tsconfig.json'], { cwd: deployment }).result
  }
  expect(await check('registry.config.ts')).toMatchObject({ code: 0, stdout: '' })
  await configure({ greting: 'Welcome' }, 'misspelt.config.ts')
  const misspelt = await check('misspelt.config.ts')
  expect(misspelt.code).not.toBe(0)
  expect(misspelt.stdout).toMatch(/'"?greting"?' does not exist/)
})
