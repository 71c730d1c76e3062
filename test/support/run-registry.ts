import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './temporary-folder.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export const adminPassword = 'correct horse battery staple'

/** What a process of the registry gets to see: this Node first, and nothing the developer happens to have set. */
export const cleanEnvironment = (): Record<string, string> => ({
  PATH: `${dirname(process.execPath)}:${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
  HOME: process.env['HOME'] ?? '',
})

export interface RegistryOptions {
  /** Default: one of its own, removed on dispose. */
  readonly dataDir?: string
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
  /** Default: the compiled server, as `npm start` runs it. */
  readonly command?: readonly [string, ...string[]]
  readonly cwd?: string
}

export interface RunningRegistry extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly dataDir: string
  /** Everything it wrote so far. */
  output(): string
  /** Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** What `npm start` runs (`exec node … dist/src/app.js`), of the build in that folder. */
export function startCommand(dist: string): [string, ...string[]] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: { readonly start: string } }
  const words = scripts.start.split(' ')
  return [process.execPath, ...words.slice(2, -1), `${dist}/src/app.js`]
}

/** Process groups that are to end with this process, however it ends. */
const running = new Set<number>()
process.once('exit', () => {
  for (const pid of running) signalGroup(pid, 'SIGKILL')
})

/** A server in a process of its own, ready to answer; its administrator is `admin` with `adminPassword`. */
export async function runRegistry(options: RegistryOptions = {}): Promise<RunningRegistry> {
  const folder = options.dataDir === undefined ? await temporaryFolder() : undefined
  const dataDir = options.dataDir ?? folder?.path ?? ''
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const settings = { REGISTRY_DATA_DIR: dataDir, REGISTRY_PORT: `${port}`, REGISTRY_ADMIN_PASSWORD: adminPassword }
  const [program, ...args] = options.command ?? startCommand('dist')
  const child = spawn(program, args, {
    cwd: options.cwd ?? root,
    env: { ...cleanEnvironment(), ...settings, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a signal also reaches what npx or a watcher started.
    detached: true,
  })
  const pid = child.pid ?? 0
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const output = collect(child)
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    signalGroup(pid, signal)
    const code = await exited
    while (signalGroup(pid, 0)) await delay(20)
    running.delete(pid)
    return code
  }
  running.add(pid)
  try {
    await untilReady(child, url)
  } catch (error) {
    await stop('SIGKILL')
    await folder?.[Symbol.asyncDispose]()
    throw new Error(`the registry did not become ready:\n${output()}`, { cause: error })
  }
  return {
    ...{ url, port, dataDir, output, stop, pid },
    async [Symbol.asyncDispose]() {
      await stop()
      await folder?.[Symbol.asyncDispose]()
    },
  }
}

/** False when nobody of the group is left. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal)
  } catch {
    return false
  }
}

function collect({ stdout, stderr }: ChildProcess): () => string {
  let text = ''
  const add = (chunk: Buffer) => {
    text += chunk.toString()
  }
  stdout?.on('data', add)
  stderr?.on('data', add)
  return () => text
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const until = performance.now() + 60_000
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`)
    if (await isReady(url)) return
    await delay(50)
  }
  throw new Error('it took more than a minute')
}

export const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/ready`).then(
    ({ status }) => status === 200,
    () => false,
  )

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No free port')
  return address.port
}
