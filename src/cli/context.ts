import type { Command } from 'commander'
import { RegistryClient } from './client.ts'
import { Credentials } from './credentials.ts'
import { Failure } from './failure.ts'
import { Output } from './output.ts'

export interface GlobalOptions {
  readonly registry?: string
  readonly token?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** What every command works with. */
export interface CommandContext {
  readonly client: RegistryClient
  readonly credentials: Credentials
  readonly output: Output
  readonly registry: string
}

export type Environment = Readonly<Record<string, string | undefined>>

const defaultRegistry = 'http://localhost:8080'

/** `--registry`, then GATI_REGISTRY_URL, then the last login; `--token`, then GATI_REGISTRY_TOKEN, then the stored credential. */
export async function openContext(command: Command, environment: Environment): Promise<CommandContext> {
  const options = command.optsWithGlobals<GlobalOptions>()
  const credentials = new Credentials(environment)
  const registry = registryUrl(options.registry ?? environment['GATI_REGISTRY_URL'] ?? (await credentials.current()) ?? defaultRegistry)
  const token = options.token ?? environment['GATI_REGISTRY_TOKEN'] ?? (await credentials.get(registry))?.token
  const client = new RegistryClient(registry, token === undefined ? undefined : `Bearer ${token}`)
  return { client, credentials, registry, output: new Output({ json: options.json === true, quiet: options.quiet === true }) }
}

function registryUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new Failure(`"${text}" is not the URL of a registry`, { exitCode: 2 })
  return text.replace(/\/+$/, '')
}
