import type { Command } from 'commander'
import { type Environment, withContext } from '../context.ts'
import { usage } from '../failure.ts'
import { listAll } from '../paging.ts'

const pathOf = (namespace: string, ...rest: string[]) => ['/v1/namespaces', ...[namespace, ...rest].map(encodeURIComponent)].join('/')

/** namespace, member. */
export function namespaceCommands(program: Command, environment: Environment): void {
  const namespace = program.command('namespace').description('namespaces and their settings')
  namespace
    .command('list')
    .description('namespaces you may see')
    .action(
      withContext(environment, async ({ client, output }) =>
        output.list(await listAll(client, '/v1/namespaces'), ['name', 'visibility', 'artifactCount', 'totalDownloads', 'createdAt']),
      ),
    )
  namespace
    .command('info <namespace>')
    .description('settings, owner and counts')
    .action(withContext<[string]>(environment, async ({ client, output, args: [name] }) => output.record(await client.json(pathOf(name)))))
  namespace
    .command('set <namespace> <settings...>')
    .description('visibility=public, or any setting: immutableTags=semver quotaBytes=1000000 defaultLicense=null')
    .action(
      withContext<[string, string[]]>(environment, async ({ client, output, args: [name, pairs] }) => {
        const changed = await client.json(pathOf(name), { method: 'PATCH', json: changeOf(pairs) })
        output.result(changed, `updated ${name}`)
      }),
    )
  namespace
    .command('retention <namespace>')
    .description('tags that the rules of the namespace no longer keep; rules: namespace set <namespace> retention=\'{"keepLast":10}\'')
    .option('--apply', 'remove them now instead of at the next full hour or so')
    .action(
      withContext<[string, { apply?: true }]>(environment, async ({ client, output, args: [name, { apply }] }) => {
        const path = pathOf(name, 'retention')
        if (!apply) return output.list(await listAll(client, path), ['artifact', 'tag', 'manifestDigest', 'updatedAt'])
        let removed = 0
        for (let complete = false; !complete; ) {
          const answer = await client.json<{ removed: number; complete: boolean }>(path, { method: 'POST' })
          removed += answer.removed
          complete = answer.complete
        }
        return output.result({ removed }, `removed ${removed} tags`)
      }),
    )
  memberCommands(program.command('member').description('roles in a namespace'), environment)
}

function changeOf(pairs: readonly string[]): object {
  const entries = pairs.map((pair): [string, unknown] => {
    const [, key, text] = /^([a-zA-Z]+)=(.*)$/s.exec(pair) ?? []
    if (key === undefined || text === undefined) throw usage(`"${pair}" is not key=value`)
    return [key, settingOf(text)]
  })
  const { visibility, ...settings } = Object.fromEntries(entries)
  return { ...(visibility !== undefined && { visibility }), ...(Object.keys(settings).length > 0 && { settings }) }
}

function settingOf(text: string): unknown {
  if (!/^(?:true|false|null|\d+|\{.*\})$/s.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    throw usage(`${text} is not JSON`)
  }
}

function memberCommands(member: Command, environment: Environment): void {
  member
    .command('list <namespace>')
    .description('members and roles')
    .action(
      withContext<[string]>(environment, async ({ client, output, args: [namespace] }) =>
        output.list(await listAll(client, pathOf(namespace, 'members')), ['username', 'role', 'addedAt']),
      ),
    )
  member
    .command('set <namespace> <username> <role>')
    .description('role: owner, admin, write, read')
    .action(
      withContext<[string, string, string]>(environment, async ({ client, output, args: [namespace, username, role] }) => {
        const set = await client.json(pathOf(namespace, 'members', username), { method: 'PUT', json: { role } })
        output.result(set, `${username} is ${role} of ${namespace}`)
      }),
    )
  member
    .command('remove <namespace> <username>')
    .description('take a role back')
    .action(
      withContext<[string, string]>(environment, async ({ client, output, args: [namespace, username] }) => {
        await client.send(pathOf(namespace, 'members', username), { method: 'DELETE' })
        output.result({ removed: username }, `removed ${username}`)
      }),
    )
}
