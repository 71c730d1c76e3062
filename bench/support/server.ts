import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, startCommand } from '../../test/support/run-registry.ts'

export interface BenchServer {
  readonly url: string
  readonly pid: number
  /** From the start of the process to the first 200 of `/ready`. */
  readonly readyMs: number
  stop(): Promise<void>
}

export const adminPassword = 'benchmark password'

/** What `npm start` runs, on a free port: run `npm run build` first. */
export async function startServer(settings: Readonly<Record<string, string>>): Promise<BenchServer> {
  const port = String(20_000 + Math.floor(Math.random() * 20_000))
  const env = { ...process.env, REGISTRY_PORT: port, REGISTRY_ADMIN_PASSWORD: adminPassword, ...settings }
  const began = performance.now()
  const [program, ...args] = startCommand(join(root, 'dist'))
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const readyMs = performance.now() - began
  return {
    ...{ url, pid: child.pid ?? 0, readyMs },
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  )

/** Proportional set size of the node process, without the database. */
export async function pssMiB(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/Pss:\s+(\d+)/.exec(text)?.[1]) / 1_024
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export const row = (name: string, value: string): void => void process.stdout.write(`${name.padEnd(52)} ${value}\n`)
