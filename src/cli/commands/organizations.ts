import type { Command } from 'commander'
import { type Environment, withContext } from '../context.ts'
import { listAll } from '../paging.ts'

const pathOf = (...rest: string[]) => ['/v1/organizations', ...rest.map(encodeURIComponent)].join('/')

/** org, team. */
export function organizationCommands(program: Command, environment: Environment): void {
  const organization = program.command('org').description('organizations')
  organization
    .command('create <name>')
    .description('an organization with a namespace of that name; you become its owner')
    .option('--display-name <text>')
    .action(
      withContext<[string], { displayName?: string }>(environment, async ({ client, output, args: [name], options: { displayName } }) =>
        output.result(await client.json(pathOf(), { method: 'POST', json: { name, displayName } }), `created ${name}`),
      ),
    )
  organization
    .command('list')
    .description('your organizations')
    .action(
      withContext(environment, async ({ client, output }) =>
        output.list(await listAll(client, pathOf()), ['name', 'displayName', 'createdAt']),
      ),
    )
  organization
    .command('info <name>')
    .description('profile')
    .action(withContext<[string]>(environment, async ({ client, output, args: [name] }) => output.record(await client.json(pathOf(name)))))
  organization
    .command('set <name>')
    .description('change the display name')
    .requiredOption('--display-name <text>')
    .action(
      withContext<[string], { displayName: string }>(environment, async ({ client, output, args: [name], options: { displayName } }) =>
        output.result(await client.json(pathOf(name), { method: 'PATCH', json: { displayName } }), `updated ${name}`),
      ),
    )
  teamCommands(program.command('team').description('teams of an organization'), environment)
}

function teamCommands(team: Command, environment: Environment): void {
  team
    .command('create <organization> <team>')
    .description('a team')
    .option('--description <text>')
    .action(
      withContext<[string, string], { description?: string }>(environment, async ({ client, output, args, options: { description } }) => {
        const [organization, name] = args
        const created = await client.json(pathOf(organization, 'teams'), { method: 'POST', json: { name, description } })
        output.result(created, `created ${organization}/${name}`)
      }),
    )
  team
    .command('list <organization>')
    .description('teams')
    .action(
      withContext<[string]>(environment, async ({ client, output, args: [organization] }) =>
        output.list(await listAll(client, pathOf(organization, 'teams')), ['name', 'description', 'createdAt']),
      ),
    )
  team
    .command('info <organization> <team>')
    .description('a team and who is in it')
    .action(
      withContext<[string, string]>(environment, async ({ client, output, args: [organization, name] }) =>
        output.record(await client.json(pathOf(organization, 'teams', name))),
      ),
    )
  team
    .command('set <organization> <team>')
    .description('change the description')
    .requiredOption('--description <text>')
    .action(
      withContext<[string, string], { description: string }>(environment, async ({ client, output, args, options: { description } }) => {
        const [organization, name] = args
        const changed = await client.json(pathOf(organization, 'teams', name), { method: 'PATCH', json: { description } })
        output.result(changed, `updated ${organization}/${name}`)
      }),
    )
  team
    .command('delete <organization> <team>')
    .description('remove a team and the grants it holds')
    .action(
      withContext<[string, string]>(environment, async ({ client, output, args: [organization, name] }) => {
        await client.send(pathOf(organization, 'teams', name), { method: 'DELETE' })
        output.result({ deleted: `${organization}/${name}` }, `deleted ${organization}/${name}`)
      }),
    )
  for (const [verb, method, said] of [
    ['add', 'PUT', 'added'],
    ['remove', 'DELETE', 'removed'],
  ] as const)
    team
      .command(`${verb} <organization> <team> <username>`)
      .description(`${verb} a member`)
      .action(
        withContext<[string, string, string]>(environment, async ({ client, output, args: [organization, name, username] }) => {
          await client.send(pathOf(organization, 'teams', name, 'members', username), { method })
          output.result({ [said]: username, team: `${organization}/${name}` }, `${said} ${username}`)
        }),
      )
}
