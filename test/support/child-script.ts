import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export interface ChildScript {
  readonly pid: number
  /** The first line it writes. */
  readonly line: Promise<string>
  /** Ends its input and waits until it is gone. */
  end(): Promise<number | null>
  kill(): Promise<void>
}

const running = new Set<ChildProcessByStdio<Writable, Readable, null>>()

/** Runs a script of this folder in a process and process group of its own. */
export function runScript(name: string, ...args: readonly string[]): ChildScript {
  const script = fileURLToPath(new URL(name, import.meta.url))
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  running.add(child)
  const exited = once(child, 'exit').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  const line = Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    exited.then((code) => Promise.reject(new Error(`${name} ended with ${code}`))),
  ])
  line.catch(() => {})
  return {
    pid: child.pid ?? 0,
    line,
    end: () => {
      child.stdin.end()
      return exited
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** For `afterEach`: nothing outlives a failed test. */
export async function endScripts(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      child.stdin.end()
      return once(child, 'exit')
    }),
  )
}
