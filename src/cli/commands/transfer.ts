import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { artifactPath, parseAddress } from '../client.ts'
import { type CommandContext, type Environment, openContext } from '../context.ts'
import { downloadFile } from '../download.ts'
import { Failure } from '../failure.ts'
import { fileDigest, uploadFile } from '../upload.ts'

interface PublishOptions {
  readonly type: string
  readonly format?: string
  readonly manifest?: string
  readonly mediaType: string
  readonly tag?: string[]
}

/** publish, fetch. */
export function transferCommands(program: Command, environment: Environment): void {
  program
    .command('publish <artifact> [files...]')
    .description('publish namespace/name@version from one or more files; an interrupted upload resumes when typed again')
    .option('--type <type>', 'artifact type', 'module-binary')
    .option('--format <format>', 'oci, npm, model or generic')
    .option('--manifest <file>', 'JSON manifest of the type')
    .option('--media-type <type>', 'of the files', 'application/octet-stream')
    .option('--tag <tags...>', 'tags to move to the new version')
    .action(async (artifact: string, files: string[], options: PublishOptions, command: Command) => {
      const context = await openContext(command, environment)
      const published = await publish(context, { artifact, files, options })
      context.output.result(published, `published ${artifact}\n  ${published.location}\n  ${published.digest}`)
    })

  program
    .command('fetch <artifact>')
    .description('download namespace/name[@version or tag] and verify its checksum')
    .option('-o, --output <file>', 'default: <name>-<version> in the current folder')
    .option('--format <format>')
    .action(async (artifact: string, options: { output?: string; format?: string }, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const { namespace, name, version = 'latest' } = parseAddress(artifact)
      const path = options.output ?? join(process.cwd(), `${basename(name)}-${version}`)
      const query = options.format === undefined ? '' : `?format=${encodeURIComponent(options.format)}`
      const fetched = await downloadFile(client, output, { url: `${artifactPath({ namespace, name }, version)}${query}`, path })
      output.result(fetched, `${fetched.path} (${fetched.sizeBytes} bytes, ${fetched.digest} verified)`)
    })
}

interface Published {
  readonly location: string
  readonly digest: string
}

async function publish(context: CommandContext, job: { artifact: string; files: readonly string[]; options: PublishOptions }): Promise<Published> {
  const { client, output } = context
  const { namespace, name, version } = parseAddress(job.artifact)
  const { type, format, mediaType, tag = [] } = job.options
  if (version === undefined) throw new Failure('name the version: namespace/name@1.0.0', { exitCode: 2 })
  const manifest = job.options.manifest === undefined ? {} : await readManifest(job.options.manifest)
  const target = { namespace, name, ...(format !== undefined && { format }) }
  const layers = []
  for (const path of job.files) {
    const { digest, sizeBytes } = await fileDigest(path).catch(unreadable)
    await uploadFile(client, output, { path, digest, sizeBytes, target })
    layers.push({ digest, mediaType, title: basename(path) })
  }
  const query = format === undefined ? {} : { format }
  const path = artifactPath({ namespace, name }, version)
  const published = await client.json<Published>(path, { method: 'POST', query, json: { type, manifest: { ...manifest, name, version }, layers } })
  for (const moved of tag) await client.send(artifactPath({ namespace, name }, '-', 'tags', moved), { method: 'PUT', query, json: { version } })
  return published
}

async function readManifest(path: string): Promise<object> {
  const text = await readFile(path, 'utf8').catch(unreadable)
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure(`${path} is not JSON`, { exitCode: 2 })
  }
}

const unreadable = (error: unknown): never => {
  throw new Failure(error instanceof Error ? error.message : String(error), { exitCode: 2 })
}
