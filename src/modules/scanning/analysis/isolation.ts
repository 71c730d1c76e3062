import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, setPriority } from 'node:os'
import { dirname, extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What the machine lets us take away from the child (D-36). */
export interface Isolation {
  /** `namespace`: a network namespace without any interface; `patched`: the functions of node that open connections throw. */
  readonly network: 'namespace' | 'patched'
  /** Whether CPU time, data and file sizes are bounded by the kernel, besides the heap by node and the wall clock by the parent. */
  readonly resourceLimits: boolean
  /** The command before node. */
  readonly prefix: readonly string[]
}

const cpuSeconds = 120
const heapMegabytes = 512
/** Node reserves some 300 MiB of it at its start. */
const dataBytes = 1_073_741_824
const fileBytes = 1_073_741_824

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/usr/local/bin']
const program = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find((path) => existsSync(path))

/** Tried once for each process: containers differ in what they allow. */
export async function detectIsolation(): Promise<Isolation> {
  const unshare = program('unshare')
  const network = unshare && (await firstThatWorks(unshare, [['--net'], ['--map-root-user', '--net']]))
  const prlimit = program('prlimit')
  const limits = [`--cpu=${cpuSeconds}`, `--data=${dataBytes}`, `--fsize=${fileBytes}`, '--core=0', '--nofile=64']
  const limited = prlimit !== undefined && (await firstThatWorks(prlimit, [limits])) !== undefined
  return {
    network: network ? 'namespace' : 'patched',
    resourceLimits: limited,
    prefix: [...(unshare && network ? [unshare, ...network, '--'] : []), ...(limited ? [prlimit, ...limits, '--'] : [])],
  }
}

async function firstThatWorks(command: string, variants: readonly (readonly string[])[]): Promise<readonly string[] | undefined> {
  for (const flags of variants) {
    try {
      await promisify(execFile)(command, [...flags, '--', process.execPath, '--version'], { timeout: 5000, env: {} })
      return flags
    } catch {
      // The machine does not allow it.
    }
  }
  return undefined
}

const entry = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url))

/** Code the child may read: this program and its packages; neither settings nor data lie there. */
function codeFolders(): string[] {
  const root = entry.slice(0, entry.lastIndexOf(`${sep}src${sep}`))
  const packages = createRequire(import.meta.url).resolve('acorn')
  const modules = packages.slice(0, packages.lastIndexOf(`${sep}node_modules${sep}`) + `${sep}node_modules`.length)
  const linked = join(dirname(root), 'node_modules')
  const read = [
    `${join(root, 'src')}${sep}`,
    join(root, 'package.json'),
    join(dirname(root), 'package.json'),
    `${realpathSync(modules)}${sep}`,
  ]
  return [...read, `${modules}${sep}`, `${join(root, 'node_modules')}${sep}`, `${linked}${sep}`]
}

/** Starts the child with an empty environment in an empty folder, the only one it can write to. */
export function spawnIsolated(isolation: Isolation, folder: string, script: string = entry): ChildProcess {
  const flags = [
    '--permission',
    ...[...codeFolders(), `${folder}${sep}`].map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${folder}${sep}`,
    `--max-old-space-size=${heapMegabytes}`,
    '--max-semi-space-size=16',
    '--disable-proto=throw',
    // One artifact's analysis must not change what the next one's runs on.
    '--frozen-intrinsics',
    '--no-warnings',
  ]
  const [command = process.execPath, ...rest] = [...isolation.prefix, process.execPath, ...flags, script]
  const child = spawn(command, rest, { cwd: folder, env: {}, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  stepBack(child.pid)
  return child
}

/** Requests go first where processors are few. */
function stepBack(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It has ended already, or the machine does not let us.
  }
}
