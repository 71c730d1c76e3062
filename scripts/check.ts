import { spawn } from 'node:child_process'
import { join } from 'node:path'

interface Check {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

const checks: readonly Check[] = [
  { name: 'tsc', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'biome', command: ['biome', 'check', '--error-on-warnings', '--no-errors-on-unmatched', '.'] },
  { name: 'dependency-cruiser', command: ['depcruise', 'src', 'registry.config.ts', '--config', '.dependency-cruiser.cjs'] },
  { name: 'knip', command: ['knip', '--no-progress'] },
]

/** Runs one tool to its end and prints a verdict line; its output is shown only when it complains. */
async function run({ name, command: [program, ...args] }: Check): Promise<boolean> {
  const started = performance.now()
  const tool = spawn(program, args, { cwd: join(import.meta.dirname, '..'), stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  tool.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  tool.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  const code = await new Promise<number | null>((resolve) => {
    tool.once('error', (error) => {
      output.push(Buffer.from(`${error.message}\n`))
      resolve(null)
    })
    tool.once('close', resolve)
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (code !== 0) process.stdout.write(Buffer.concat(output))
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  return code === 0
}

const verdicts = await Promise.all(checks.map(run))
process.exitCode = verdicts.every(Boolean) ? 0 : 1
