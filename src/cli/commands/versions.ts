import type { Command } from 'commander'
import { artifactPath, parseVersionAddress, type VersionAddress } from '../address.ts'
import { type Environment, withContext } from '../context.ts'

interface Options {
  readonly reason?: string
  readonly format?: string
}

interface Change {
  readonly name: string
  readonly description: string
  readonly method: 'PUT' | 'DELETE'
  readonly path: (address: VersionAddress) => string
  readonly json?: (options: Options) => object
  readonly said: string
}

const below = (part: string) => (address: VersionAddress) => artifactPath(address, address.version, part)

const changes: readonly Change[] = [
  {
    ...{ name: 'yank', description: 'hide a version from resolution; pinned downloads go on', said: 'yanked' },
    ...{ method: 'PUT', path: below('yank'), json: ({ reason }) => ({ reason }) },
  },
  {
    ...{ name: 'unyank', description: 'show a yanked version again', said: 'restored' },
    ...{ method: 'DELETE', path: below('yank') },
  },
  {
    ...{ name: 'deprecate', description: 'warn whoever uses a version', said: 'deprecated' },
    ...{ method: 'PUT', path: below('deprecation'), json: ({ reason = 'deprecated' }) => ({ reason }) },
  },
  {
    ...{ name: 'undeprecate', description: 'take the warning back', said: 'restored' },
    ...{ method: 'DELETE', path: below('deprecation') },
  },
  {
    ...{ name: 'unpublish', description: 'remove a version within 72 hours; its name stays taken', said: 'unpublished' },
    ...{ method: 'DELETE', path: (address) => artifactPath(address, address.version) },
  },
]

/** yank, unyank, deprecate, undeprecate, unpublish. */
export function versionCommands(program: Command, environment: Environment): void {
  for (const change of changes) {
    const command = program.command(`${change.name} <artifact>`).description(change.description).option('--format <format>')
    if (change.json) command.option('--reason <text>')
    command.action(
      withContext<[string], Options>(environment, async ({ client, output, args: [artifact], options }) => {
        const { method, path, json, said } = change
        const address = parseVersionAddress(artifact)
        const body = json && { json: json(options) }
        const answer = await client.json(path(address), { method, query: { format: options.format }, ...body })
        output.result(answer ?? { [said]: address.version }, `${said} ${artifact}`)
      }),
    )
  }
}
