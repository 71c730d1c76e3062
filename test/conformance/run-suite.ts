import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OciRegistry, openOciRegistry } from '../support/oci-registry.ts'
import { type Check, checksOf } from './junit.ts'

interface Suite {
  /** A name in the PATH or an absolute path. */
  readonly program: string
  /** The settings of the suite; it is to write junit.xml into `results`. */
  readonly settings: (oci: OciRegistry, results: string) => Readonly<Record<string, string>>
}

interface Outcome {
  readonly code: number | null
  /** What it printed, standard error last. */
  readonly output: string
  readonly passed: readonly string[]
  readonly skipped: readonly string[]
  readonly failed: readonly Check[]
}

/** Runs a suite against a server of its own, started with `env`. Throws when the suite has written no report, whatever its exit code. */
export async function runSuite({ program, settings }: Suite, env: Readonly<Record<string, string>>): Promise<Outcome> {
  await using oci = await openOciRegistry({ env })
  const results = join(oci.folder, 'results')
  await mkdir(results)
  const { code, stdout, stderr } = await oci.attempt([program], { timeoutMs: 280_000, env: settings(oci, results) })
  const output = `${stdout}\n${stderr}`
  const report = await readFile(join(results, 'junit.xml'), 'utf8').catch(() => {
    throw new Error(`the suite wrote no report:\n${output}`)
  })
  const checks = checksOf(report)
  const named = (wanted: string) => checks.filter(({ status }) => status === wanted).map(({ name }) => name)
  const failed = checks.filter(({ status }) => status !== 'passed' && status !== 'skipped')
  return { code, output, passed: named('passed'), skipped: named('skipped'), failed }
}
