import type { Command } from 'commander'
import { Collection, Fsck } from '../../modules/artifacts/contract.ts'
import type { Kernel } from '../../shared/kernel/kernel.ts'
import { outputOf } from '../context.ts'
import { openTool } from '../open-tool.ts'

const config = ['--config <file>', 'registry.config file (default: the one in this folder)'] as const

/** gc, fsck: work on the data directory, beside a running registry or without one. */
export function maintenanceCommands(program: Command): void {
  program
    .command('gc')
    .description('remove what nothing refers to and nobody touched for the grace period')
    .option(...config)
    .action(async (options: { config?: string }, command: Command) => {
      const report = await onDataDirectory(options, (kernel) => kernel.resolve(Collection).collect())
      const { blobs, bytes, manifests, sessions, orphans } = report
      const said = `removed ${blobs} blobs (${bytes} bytes), ${manifests} manifests, ${sessions} upload sessions, ${orphans} orphans`
      outputOf(command).result(report, said)
    })

  program
    .command('fsck')
    .description('check that every byte and every reference is there; the exit code is the number of errors left (at most 100)')
    .option('--repair', 'quarantine damaged copies, restore missing edges, remove orphans')
    .option(...config)
    .action(async ({ repair = false, ...options }: { repair?: boolean; config?: string }, command: Command) => {
      const report = await onDataDirectory(options, (kernel) => kernel.resolve(Fsck).check({ repair }))
      const left = report.errors.filter(({ repaired }) => !repaired).length
      const lines = report.errors.map(
        ({ kind, subject, detail, repaired }) => `${kind} ${subject}: ${detail}${repaired ? ' (repaired)' : ''}`,
      )
      const { blobs, bytes, manifests, versions } = report.checked
      const checked = `checked ${blobs} blobs (${bytes} bytes), ${manifests} manifests, ${versions} versions: ${left} errors`
      outputOf(command).result(report, [...lines, checked].join('\n'))
      process.exitCode = Math.min(left, 100)
    })
}

async function onDataDirectory<T>(options: { config?: string }, work: (kernel: Kernel) => Promise<T>): Promise<T> {
  const kernel = await openTool(options)
  try {
    return await work(kernel)
  } finally {
    await kernel.stop('done')
  }
}
