import type { Command } from 'commander'
import { openRegistry } from '../../app.ts'
import { Collection, Fsck } from '../../modules/artifacts/contract.ts'
import type { Kernel } from '../../shared/kernel/kernel.ts'
import type { Environment, GlobalOptions } from '../context.ts'
import { Failure } from '../failure.ts'
import { Output } from '../output.ts'

// A tool neither listens nor takes background work; it shares the database of a registry that runs.
const toolEnvironment = { REGISTRY_ROLE: 'api', REGISTRY_LOG_LEVEL: 'warn' }

/** gc, fsck: work on the data directory, beside a running registry or without one. */
export function maintenanceCommands(program: Command, _environment: Environment): void {
  program
    .command('gc')
    .description('remove what nothing refers to and nobody touched for the grace period')
    .action(async (_options: unknown, command: Command) => {
      const report = await onDataDirectory((kernel) => kernel.resolve(Collection).collect())
      outputOf(command).result(report, `removed ${report.blobs} blobs (${report.bytes} bytes), ${report.manifests} manifests, ${report.orphans} orphans`)
    })

  program
    .command('fsck')
    .description('check that every byte and every reference is there; the exit code is the number of errors (at most 100)')
    .option('--repair', 'quarantine damaged copies, restore missing edges, remove orphans')
    .action(async (options: { repair?: boolean }, command: Command) => {
      const report = await onDataDirectory((kernel) => kernel.resolve(Fsck).check({ repair: options.repair === true }))
      const lines = report.errors.map(({ kind, subject, detail }) => `${kind} ${subject}: ${detail}`)
      outputOf(command).result(report, [...lines, `${report.errors.length} errors`].join('\n'))
      process.exitCode = Math.min(report.errors.length, 100)
    })
}

const outputOf = (command: Command): Output => {
  const { json = false, quiet = false } = command.optsWithGlobals<GlobalOptions>()
  return new Output({ json, quiet })
}

async function onDataDirectory<T>(work: (kernel: Kernel) => Promise<T>): Promise<T> {
  const kernel = await openRegistry({ env: toolEnvironment })
  try {
    return await work(kernel)
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error))
  } finally {
    await kernel.stop('done')
  }
}
