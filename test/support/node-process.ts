import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

export interface NodeProcess extends AsyncDisposable {
  readonly pid: number
  /** Everything written so far, errors included. */
  readonly output: () => string
  /** Resolves with the match as soon as the output has one; rejects when the process ends without it. */
  match(pattern: RegExp): Promise<RegExpExecArray>
  signal(name: NodeJS.Signals): void
  readonly exited: Promise<number | NodeJS.Signals>
}

export interface NodeOptions {
  readonly cwd?: string
  /** Nothing else of this environment is passed on. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs this node with these arguments; killed on dispose. */
export function startNode(args: readonly string[], { cwd, env = {} }: NodeOptions = {}): NodeProcess {
  const child = spawn(process.execPath, args, { cwd, env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let written = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      written += chunk.toString()
    })
  let ended = false
  const exited = once(child, 'close').then(([code, signal]) => {
    ended = true
    return (code ?? signal) as number | NodeJS.Signals
  })
  return {
    pid: child.pid ?? 0,
    output: () => written,
    exited,
    signal: (name) => void child.kill(name),
    async match(pattern) {
      for (;;) {
        const found = pattern.exec(written)
        if (found) return found
        if (ended) throw new Error(`the process ended without ${pattern}:\n${written}`)
        await delay(10)
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Runs a piece of an ES module to its end and returns what it wrote to stdout and stderr. */
export async function runSnippet(code: string, options: NodeOptions = {}): Promise<string> {
  await using running = startNode(['--input-type=module-typescript', '-e', code], options)
  const status = await running.exited
  if (status !== 0) throw new Error(`the snippet ended with ${status}:\n${running.output()}`)
  return running.output()
}

/** Of a file of this repository, for imports in snippets. */
export const fileUrl = (path: string): string => new URL(`../../${path}`, import.meta.url).href
