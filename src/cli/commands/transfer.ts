import { join } from 'node:path'
import type { Command } from 'commander'
import { parseAddress } from '../address.ts'
import { type Environment, withContext } from '../context.ts'
import { fetchFiles, findVersion } from '../fetch-version.ts'
import { install } from '../install.ts'
import { type PublishOptions, publish } from '../publish.ts'

/** publish, fetch, install. */
export function transferCommands(program: Command, environment: Environment): void {
  program
    .command('publish <artifact> [files...]')
    .description('publish namespace/name@version from files; an interrupted upload resumes when typed again')
    .option('--type <type>', 'artifact type', 'module-binary')
    .option('--format <format>', 'oci, npm, model or generic; default: the one of the type')
    .option('--manifest <file>', 'JSON manifest of the type')
    .option('--media-type <type>', 'of the files', 'application/octet-stream')
    .option('--tag <tags...>', 'tags to move to the new version')
    .action(
      withContext<[string, string[]], PublishOptions>(environment, async ({ args: [artifact, files], options, ...context }) => {
        const published = await publish(context, { artifact, files, options })
        context.output.result(published, `${published.status} ${artifact}\n  ${published.location}\n  ${published.digest}`)
      }),
    )

  program
    .command('fetch <artifact>')
    .description('download namespace/name[@version or tag] and verify its checksum')
    .option('-o, --output <path>', 'default: <name>-<version> in this folder; a version of several files makes a folder')
    .option('--format <format>')
    .action(
      withContext<[string], { output?: string; format?: string }>(environment, async ({ client, output, args: [artifact], options }) => {
        const { version = 'latest', ...address } = parseAddress(artifact)
        const { format } = options
        const found = await findVersion(client, address, { version, format })
        const path = options.output ?? join(process.cwd(), `${address.name.replace(/.*\//, '')}-${found.version}`)
        const files = await fetchFiles(client, output, { wanted: { address, format, found }, place: { single: () => path, folder: path } })
        const lines = files.map((file) => `${file.path} (${file.sizeBytes} bytes, ${file.digest} verified)`)
        output.result({ version: found.version, digest: found.manifestDigest, files }, lines.join('\n'))
      }),
    )

  program
    .command('install [artifacts...]')
    .description('fetch artifacts and all they depend on into ./gati_modules; without names, what gati-lock.json holds')
    .action(
      withContext<[string[]]>(environment, async ({ args: [names], ...context }) => {
        const lock = await install(context, names, process.cwd())
        context.output.result(lock, `installed ${Object.keys(lock.artifacts).length} artifacts`)
      }),
    )
}
