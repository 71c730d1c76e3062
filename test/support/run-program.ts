import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { cleanEnvironment, root } from './run-registry.ts'

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Leaves standard input open for more. */
  readonly keepsInput?: boolean
  /** Then it is killed. Default: two minutes. */
  readonly timeoutMs?: number
}

export interface RunningProgram {
  readonly child: ChildProcess
  readonly result: Promise<ProgramResult>
}

/** Standard input is empty unless given. */
export function startProgram(command: readonly [string, ...string[]], options: ProgramOptions = {}): RunningProgram {
  const { cwd = root, env = {}, input = '', keepsInput = false, timeoutMs = 120_000 } = options
  const [program, ...args] = command
  const child = spawn(program, args, { cwd, env: { ...cleanEnvironment(), ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  if (keepsInput) child.stdin.write(input)
  else child.stdin.end(input)
  const outputs = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { child, result: withinTime(child, { command, timeoutMs }, outputs) }
}

async function withinTime(
  child: ChildProcess,
  { command, timeoutMs }: { command: readonly string[]; timeoutMs: number },
  outputs: Promise<[string, string, unknown[]]>,
): Promise<ProgramResult> {
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, timeoutMs)
  const [stdout, stderr, [code]] = await outputs.finally(() => clearTimeout(timer))
  if (late) throw new Error(`${command.join(' ')} did not end within ${timeoutMs} ms\n${stdout}\n${stderr}`)
  return { code: code as number | null, stdout, stderr }
}

/** Throws with everything it said when it fails. */
export async function runProgram(command: readonly [string, ...string[]], options: ProgramOptions = {}): Promise<ProgramResult> {
  const result = await startProgram(command, options).result
  if (result.code !== 0) throw new Error(`${command.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`)
  return result
}
