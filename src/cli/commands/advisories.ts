import type { Command } from 'commander'
import { Advisories, type ImportReport } from '../../modules/scanning/contract.ts'
import { Outbound } from '../../shared/kernel/outbound.ts'
import { downloadAdvisories, isUrl } from '../advisory-download.ts'
import { openAdvisorySource } from '../advisory-source.ts'
import { type Environment, withContext } from '../context.ts'
import { Failure } from '../failure.ts'
import { onDataDirectory } from '../on-data-directory.ts'

const shownProblems = 20
const progressMs = 1_000

/** advisories import: on the data directory, beside a running registry or without one. */
export function advisoryCommands(program: Command, environment: Environment): void {
  const advisories = program.command('advisories').description('what is known about vulnerable and malicious packages')
  advisories
    .command('import')
    .description('take OSV documents; those that are not newer than what is stored change nothing')
    .argument('<source>', 'folder with .json files, one such file, or a zip archive as OSV publishes them; also the URL of one')
    .option('--config <file>', 'registry.config file (default: the one in this folder)')
    .action(
      withContext<[string], { config?: string }>(environment, async ({ args: [path], output, options }) => {
        const documents = isUrl(path) ? undefined : await openAdvisorySource(path)
        let told = performance.now()
        const onProgress = (soFar: ImportReport): void => {
          if (performance.now() - told < progressMs) return
          told = performance.now()
          output.note(textOf(soFar))
        }
        const report = await onDataDirectory(options, async (kernel) => {
          const advisories = kernel.resolve(Advisories)
          if (documents) return advisories.import(documents, onProgress)
          await using source = await downloadAdvisories(kernel.resolve(Outbound), path)
          return advisories.import(await openAdvisorySource(source.path), onProgress)
        })
        if (report.read === 0) throw new Failure(`there is no .json file in ${path}`)
        const problems = report.problems.slice(0, shownProblems).map(({ file, reason }) => `${file}: ${reason}`)
        const more = report.failed > problems.length ? [`… and ${report.failed - problems.length} more`] : []
        output.result(report, [...problems, ...more, textOf(report)].join('\n'))
        if (report.failed === report.read) process.exitCode = 1
      }),
    )
}

const textOf = ({ read, added, updated, withdrawn, skipped, failed }: ImportReport): string =>
  `read ${read} documents: ${added} added, ${updated} updated, ${withdrawn} withdrawn, ${skipped} known already, ${failed} not taken`
