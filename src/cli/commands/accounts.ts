import type { Command } from 'commander'
import { type Environment, openContext } from '../context.ts'
import { Failure } from '../failure.ts'
import { listAll } from '../paging.ts'

/** user, org, team, audit. */
export function accountCommands(program: Command, environment: Environment): void {
  userCommands(program.command('user').description('accounts'), environment)
  organizationCommands(program.command('org').description('organizations'), environment)
  teamCommands(program.command('team').description('teams of an organization'), environment)
  program
    .command('audit')
    .description('who did what, newest first')
    .option('--namespace <name>')
    .option('--limit <n>', 'entries', '50')
    .action(async (options: { namespace?: string; limit: string }, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const { items } = await client.json<{ items: object[] }>('/v1/audit', { query: { namespace: options.namespace, limit: options.limit } })
      output.list(items as Record<string, unknown>[], ['at', 'actor', 'action', 'subject', 'ip'])
    })
}

function userCommands(user: Command, environment: Environment): void {
  user
    .command('create <username>')
    .description('register an account; the password is read from standard input')
    .requiredOption('--email <address>')
    .action(async (username: string, options: { email: string }, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const password = await standardInput()
      const created = await client.json('/v1/users', { method: 'POST', json: { username, password, email: options.email } })
      output.result(created, `created ${username}`)
    })
  user
    .command('info <username>')
    .description('public profile')
    .action(async (username: string, _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const info = await client.json(`/v1/users/${encodeURIComponent(username)}`)
      output.result(info, JSON.stringify(info, null, 2))
    })
}

async function standardInput(): Promise<string> {
  if (process.stdin.isTTY) throw new Failure('pipe the password in: printf %s "$PASSWORD" | gati-registry user create …', { exitCode: 2 })
  let text = ''
  for await (const chunk of process.stdin) text += String(chunk)
  return text.replace(/\r?\n$/, '')
}

function organizationCommands(organization: Command, environment: Environment): void {
  organization
    .command('create <name>')
    .description('an organization with a namespace of that name; you become its owner')
    .option('--display-name <text>')
    .action(async (name: string, options: { displayName?: string }, command: Command) => {
      const { client, output } = await openContext(command, environment)
      output.result(await client.json('/v1/organizations', { method: 'POST', json: { name, ...options } }), `created ${name}`)
    })
  organization
    .command('list')
    .description('your organizations')
    .action(async (_options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      output.list(await listAll(client, '/v1/organizations'), ['name', 'displayName', 'createdAt'])
    })
}

function teamCommands(team: Command, environment: Environment): void {
  const pathOf = (organization: string, ...rest: string[]) =>
    ['/v1/organizations', encodeURIComponent(organization), 'teams', ...rest.map(encodeURIComponent)].join('/')
  team
    .command('create <organization> <team>')
    .description('a team')
    .action(async (organization: string, name: string, _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      output.result(await client.json(pathOf(organization), { method: 'POST', json: { name } }), `created ${organization}/${name}`)
    })
  team
    .command('list <organization>')
    .description('teams')
    .action(async (organization: string, _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      output.list(await listAll(client, pathOf(organization)), ['name'])
    })
  for (const [verb, method] of [['add', 'PUT'], ['remove', 'DELETE']] as const)
    team
      .command(`${verb} <organization> <team> <username>`)
      .description(`${verb} a member`)
      .action(async (organization: string, ...rest: unknown[]) => {
        const [name, username, , command] = rest as [string, string, unknown, Command]
        const { client, output } = await openContext(command, environment)
        await client.send(pathOf(organization, name, 'members', username), { method })
        output.result({ team: `${organization}/${name}`, username }, `${verb} ${username}: done`)
      })
}
