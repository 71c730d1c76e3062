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
}

export interface RunningProgram {
  readonly child: ChildProcess
  readonly result: Promise<ProgramResult>
}

/** Standard input is empty unless given. */
export function startProgram(
  command: readonly [string, ...string[]],
  { cwd = root, env = {}, input = '' }: ProgramOptions = {},
): RunningProgram {
  const [program, ...args] = command
  const child = spawn(program, args, { cwd, env: { ...cleanEnvironment(), ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const outputs = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { child, result: outputs.then(([stdout, stderr, [code]]) => ({ code: code as number | null, stdout, stderr })) }
}

/** Throws with everything it said when it fails. */
export async function runProgram(command: readonly [string, ...string[]], options: ProgramOptions = {}): Promise<ProgramResult> {
  const result = await startProgram(command, options).result
  if (result.code !== 0) throw new Error(`${command.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`)
  return result
}
