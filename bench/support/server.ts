import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, startCommand } from '../../test/support/run-registry.ts'
import type { LoopDelay } from './watch-loop.ts'

export interface BenchServer {
  readonly url: string
  readonly pid: number
  /** From the start of the process to the first 200 of `/ready`. */
  readonly readyMs: number
  /** Of the server's loop since it was asked before; only of a server that is watched. */
  loopDelay(): Promise<LoopDelay>
  stop(): Promise<void>
}

export const adminPassword = 'benchmark password'

export interface BenchServerOptions {
  /** Its loop is measured from within. */
  readonly watched?: boolean
  /** Modules that hear nothing, with commas: then `deaf-server.ts` is what runs, even for none of them. */
  readonly deaf?: string
}

/** What `npm start` runs, on a free port: run `npm run build` first. */
export async function startServer(
  settings: Readonly<Record<string, string>>,
  { watched = false, deaf }: BenchServerOptions = {},
): Promise<BenchServer> {
  const port = String(20_000 + Math.floor(Math.random() * 20_000))
  const env = { ...process.env, REGISTRY_PORT: port, REGISTRY_ADMIN_PASSWORD: adminPassword, ...settings }
  const began = performance.now()
  const [program, ...own] = startCommand(join(root, 'dist'))
  const args = deaf === undefined ? own : [...own.slice(0, -1), fileURLToPath(new URL('./deaf-server.ts', import.meta.url)), deaf]
  const flags = watched ? ['--import', new URL('./watch-loop.ts', import.meta.url).href] : []
  const child = spawn(program, [...flags, ...args], { env, stdio: ['ignore', 'ignore', 'inherit', ...(watched ? ['ipc' as const] : [])] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const readyMs = performance.now() - began
  return {
    ...{ url, pid: child.pid ?? 0, readyMs },
    async loopDelay() {
      const answered = once(child, 'message', { signal: AbortSignal.timeout(10_000) })
      child.send('ask')
      return (await answered)[0] as LoopDelay
    },
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

/** A token of the administrator that may read and publish, as an `authorization`. */
export async function bearer(url: string): Promise<string> {
  const basic = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
  const response = await fetch(`${url}/v1/tokens`, {
    method: 'POST',
    headers: { authorization: basic, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', scopes: ['read', 'publish'] }),
  })
  const { token } = (await response.json()) as { token: string }
  return `Bearer ${token}`
}

/** Proportional set size of the node process, without the database. */
export async function pssMiB(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/Pss:\s+(\d+)/.exec(text)?.[1]) / 1_024
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export const row = (name: string, value: string): void => void process.stdout.write(`${name.padEnd(52)} ${value}\n`)
