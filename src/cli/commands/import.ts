import { type Command, Option } from 'commander'
import { type CommandContext, type Environment, withContext } from '../context.ts'
import { Failure } from '../failure.ts'
import { importPackages } from '../import/import-packages.ts'
import { reportText } from '../import/import-report.ts'
import { NpmDoor } from '../import/npm-door.ts'
import { readTarballs } from '../import/npm-tarballs.ts'
import type { Source } from '../import/source-package.ts'
import { readVerdaccio } from '../import/verdaccio.ts'

interface ImportCommandOptions {
  readonly access?: 'restricted'
  readonly download?: boolean
}

const accessOption = () =>
  new Option('--access <access>', 'of scoped packages that are new (default: up to their namespace)').choices(['restricted'])
const downloadOption = () => new Option('--download', 'verify by downloading every tarball, not only by the integrity the registry tells')

/** import verdaccio, import npm-tarballs. */
export function importCommands(program: Command, environment: Environment): void {
  const commands = program
    .command('import')
    .description('bring packages from elsewhere; to be called again after a failure, it goes on where it was')

  commands
    .command('verdaccio <storage>')
    .description('publish the packages of a storage folder of Verdaccio, in their order, with tags and deprecations')
    .option('--all', 'also copies of packages of other registries')
    .addOption(accessOption())
    .addOption(downloadOption())
    .action(
      withContext<[string], ImportCommandOptions & { all?: boolean }>(environment, async ({ args: [storage], options, ...context }) =>
        run(context, await readVerdaccio(storage, { all: options.all === true }), options),
      ),
    )

  commands
    .command('npm-tarballs <folder>')
    .description('publish every .tgz in a folder and below it; latest becomes the highest release of each package')
    .addOption(accessOption())
    .addOption(downloadOption())
    .action(
      withContext<[string], ImportCommandOptions>(environment, async ({ args: [folder], options, ...context }) =>
        run(context, await readTarballs(folder), options),
      ),
    )
}

async function run({ client, output }: CommandContext, source: Source, { access, download }: ImportCommandOptions): Promise<void> {
  if (source.packages.length === 0 && source.problems.length === 0) throw new Failure('there are no packages in this folder')
  const bytes = source.packages.flatMap(({ versions }) => versions).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const progress = output.progress('importing', bytes)
  const options = { access: access ?? null, download: download === true }
  const report = await importPackages(source, { door: new NpmDoor(client), progress, options }).finally(() => progress.stop())
  output.result(report, reportText(report))
  if (report.problems.length > 0) process.exitCode = 1
}
