import { join } from 'node:path'
import { type ProgramOptions, type ProgramResult, type RunningProgram, startProgram } from './run-program.ts'
import { adminPassword, root } from './run-registry.ts'

/** The compiled command, with a configuration folder of its own. */
export interface Cli {
  readonly configFolder: string
  start(args: readonly string[], options?: ProgramOptions): RunningProgram
  run(args: readonly string[], options?: ProgramOptions): Promise<ProgramResult>
  /** Adds `--json`, wants exit code 0 and exactly one JSON document. */
  json<T = Record<string, unknown>>(args: readonly string[], options?: ProgramOptions): Promise<T>
  login(): Promise<void>
}

export function cliOf(configFolder: string, url: string, cwd?: string): Cli {
  const env = { XDG_CONFIG_HOME: configFolder, GATI_REGISTRY_URL: url }
  const start: Cli['start'] = (args, options = {}) =>
    startProgram([process.execPath, join(root, 'dist/src/cli/main.js'), ...args], {
      ...(cwd !== undefined && { cwd }),
      timeoutMs: 60_000,
      ...options,
      env: { ...env, ...options.env },
    })
  const run: Cli['run'] = (args, options) => start(args, options).result
  return {
    configFolder,
    start,
    run,
    async json(args, options) {
      const { code, stdout, stderr } = await run([...args, '--json'], options)
      if (code !== 0) throw new Error(`gati-registry ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
      return JSON.parse(stdout)
    },
    async login() {
      const { code, stderr } = await run(['login', '-u', 'admin', '--password-stdin'], { input: adminPassword })
      if (code !== 0) throw new Error(`login ended with ${code}: ${stderr}`)
    },
  }
}
