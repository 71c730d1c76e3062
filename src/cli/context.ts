import type { Command } from 'commander'
import { RegistryClient } from './client.ts'
import { Credentials } from './credentials.ts'
import { usage } from './failure.ts'
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
async function openContext(command: Command, environment: Environment): Promise<CommandContext> {
  const options = command.optsWithGlobals<GlobalOptions>()
  const credentials = new Credentials(environment)
  const registry = registryUrl(options.registry ?? environment['GATI_REGISTRY_URL'] ?? (await credentials.current()) ?? defaultRegistry)
  const token = options.token ?? environment['GATI_REGISTRY_TOKEN'] ?? (await credentials.get(registry))?.token
  const client = new RegistryClient(registry, token === undefined ? undefined : `Bearer ${token}`)
  return { client, credentials, registry, output: outputOf(command) }
}

export function outputOf(command: Command): Output {
  const { json = false, quiet = false } = command.optsWithGlobals<GlobalOptions>()
  return new Output({ json, quiet })
}

function registryUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw usage(`"${text}" is not the URL of a registry`)
  return text.replace(/\/+$/, '')
}

export interface Invocation<Arguments, Options> extends CommandContext {
  readonly args: Arguments
  readonly options: Options
}

/** Gives commander's calling convention (…arguments, options, command) names, and the command its context. */
export const withContext =
  <Arguments extends readonly unknown[] = [], Options = object>(
    environment: Environment,
    run: (invocation: Invocation<Arguments, Options>) => Promise<void>,
  ) =>
  async (...given: unknown[]): Promise<void> => {
    const [options, command] = given.slice(-2) as [Options, Command]
    const context = await openContext(command, environment)
    await run({ ...context, args: given.slice(0, -2) as unknown as Arguments, options })
  }
