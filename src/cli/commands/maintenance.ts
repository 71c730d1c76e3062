import type { Command } from 'commander'
import { Collection, type CollectionReport } from '../../modules/artifacts/contract.ts'
import { Fsck, type FsckReport } from '../../modules/artifacts/fsck.contract.ts'
import { type Environment, withContext } from '../context.ts'
import { usage } from '../failure.ts'
import { onDataDirectory } from '../on-data-directory.ts'

const config = ['--config <file>', 'registry.config file (default: the one in this folder)'] as const

const remote = ['--remote', 'ask the registry you are signed in to, instead of working on a data directory'] as const

interface MaintenanceOptions {
  readonly config?: string
  readonly remote?: boolean
}

/** gc, fsck: on the data directory, beside a running registry or without one, or through the registry itself. */
export function maintenanceCommands(program: Command, environment: Environment): void {
  program
    .command('gc')
    .description('remove what nothing refers to and nobody touched for the grace period')
    .option(...remote)
    .option(...config)
    .action(
      withContext<[], MaintenanceOptions>(environment, async ({ client, output, options }) => {
        const report = options.remote
          ? await client.json<CollectionReport>('/v1/admin/gc', { method: 'POST' })
          : await onDataDirectory(options, (kernel) => kernel.resolve(Collection).collect())
        const { blobs, bytes, manifests, sessions, orphans } = report
        const said = `removed ${blobs} blobs (${bytes} bytes), ${manifests} manifests, ${sessions} upload sessions, ${orphans} orphans`
        output.result(report, said)
      }),
    )

  program
    .command('fsck')
    .description('check that every byte and every reference is there; the exit code is the number of errors left (at most 100)')
    .option('--repair', 'quarantine damaged copies, restore missing edges, remove orphans')
    .option(...remote)
    .option(...config)
    .action(
      withContext<[], MaintenanceOptions & { repair?: boolean }>(environment, async ({ client, output, options }) => {
        const { repair = false } = options
        if (repair && options.remote) throw usage('--repair works on the data directory only')
        const report = options.remote
          ? await client.json<FsckReport>('/v1/admin/fsck')
          : await onDataDirectory(options, (kernel) => kernel.resolve(Fsck).check({ repair }))
        const left = report.errors.filter(({ repaired }) => !repaired).length
        const lines = report.errors.map(
          ({ kind, subject, detail, repaired }) => `${kind} ${subject}: ${detail}${repaired ? ' (repaired)' : ''}`,
        )
        const { blobs, bytes, manifests, versions } = report.checked
        const checked = `checked ${blobs} blobs (${bytes} bytes), ${manifests} manifests, ${versions} versions: ${left} errors`
        output.result(report, [...lines, checked].join('\n'))
        process.exitCode = Math.min(left, 100)
      }),
    )
}
