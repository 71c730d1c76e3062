import type { Command } from 'commander'
import { type Environment, openContext } from '../context.ts'
import { Failure } from '../failure.ts'
import { listAll } from '../paging.ts'

const pathOf = (namespace: string, ...rest: string[]) => ['/v1/namespaces', ...[namespace, ...rest].map(encodeURIComponent)].join('/')

/** namespace, member. */
export function namespaceCommands(program: Command, environment: Environment): void {
  const namespace = program.command('namespace').description('namespaces and their settings')
  namespace
    .command('list')
    .description('namespaces you may see')
    .action(async (_options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      output.list(await listAll(client, '/v1/namespaces'), ['name', 'visibility', 'createdAt'])
    })
  namespace
    .command('info <namespace>')
    .description('settings and counts')
    .action(async (name: string, _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const info = await client.json(pathOf(name))
      output.result(info, JSON.stringify(info, null, 2))
    })
  namespace
    .command('set <namespace> <settings...>')
    .description('visibility=public, or any setting: immutableTags=semver quotaBytes=1000000')
    .action(async (name: string, pairs: string[], _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const changed = await client.json(pathOf(name), { method: 'PATCH', json: changeOf(pairs) })
      output.result(changed, `updated ${name}`)
    })
  memberCommands(program.command('member').description('roles in a namespace'), environment)
}

function changeOf(pairs: readonly string[]): object {
  const entries = pairs.map((pair): [string, unknown] => {
    const [, key, text] = /^([a-zA-Z]+)=(.*)$/.exec(pair) ?? []
    if (key === undefined || text === undefined) throw new Failure(`"${pair}" is not key=value`, { exitCode: 2 })
    return [key, /^(true|false|null|\d+)$/.test(text) ? JSON.parse(text) : text]
  })
  const { visibility, ...settings } = Object.fromEntries(entries)
  return { ...(visibility !== undefined && { visibility }), ...(Object.keys(settings).length > 0 && { settings }) }
}

function memberCommands(member: Command, environment: Environment): void {
  member
    .command('list <namespace>')
    .description('members and roles')
    .action(async (namespace: string, _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      output.list(await listAll(client, pathOf(namespace, 'members')), ['username', 'role', 'addedAt'])
    })
  member
    .command('set <namespace> <username> <role>')
    .description('role: owner, admin, write, read')
    .action(async (namespace: string, ...rest: unknown[]) => {
      const [username, role, , command] = rest as [string, string, unknown, Command]
      const { client, output } = await openContext(command, environment)
      const member = await client.json(pathOf(namespace, 'members', username), { method: 'PUT', json: { role } })
      output.result(member, `${username} is ${role} of ${namespace}`)
    })
  member
    .command('remove <namespace> <username>')
    .description('take a role back')
    .action(async (namespace: string, username: string, _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      await client.send(pathOf(namespace, 'members', username), { method: 'DELETE' })
      output.result({ removed: username }, `removed ${username}`)
    })
}
