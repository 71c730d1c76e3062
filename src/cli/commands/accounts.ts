import type { Command } from 'commander'
import { type Environment, withContext } from '../context.ts'
import { listAll } from '../paging.ts'
import { readPiped } from '../read-password.ts'

/** user, audit. */
export function accountCommands(program: Command, environment: Environment): void {
  userCommands(program.command('user').description('accounts'), environment)
  const audit = program.command('audit').description('who did what')
  audit
    .command('list', { isDefault: true })
    .description('newest first')
    .option('--namespace <name>')
    .option('--actor <username>')
    .option('--action <name>', 'for example version.published')
    .option('--limit <n>', 'entries', '50')
    .action(
      withContext<[], Record<string, string>>(environment, async ({ client, output, options }) => {
        const { namespace, actor, action, limit } = options
        const { items } = await client.json<{ items: Record<string, unknown>[] }>('/v1/audit', {
          query: { namespace, actor, action, limit },
        })
        output.list(items, ['at', 'actor', 'action', 'subject', 'namespace', 'ip'])
      }),
    )
  audit
    .command('verify')
    .description('compute the hash chain anew; fails when an entry was changed')
    .action(
      withContext(environment, async ({ client, output }) => {
        const verdict = await client.json<{ ok: boolean; entries: number; firstBadSeq?: number }>('/v1/audit/verify')
        output.result(verdict, verdict.ok ? `${verdict.entries} entries, all in order` : `entry ${verdict.firstBadSeq} was changed`)
        if (!verdict.ok) process.exitCode = 1
      }),
    )
}

function userCommands(user: Command, environment: Environment): void {
  const pathOf = (username: string) => `/v1/users/${encodeURIComponent(username)}`
  user
    .command('create <username>')
    .description('register an account; the password is read from standard input')
    .requiredOption('--email <address>')
    .action(
      withContext<[string], { email: string }>(environment, async ({ client, output, args: [username], options: { email } }) => {
        const created = await client.json('/v1/users', { method: 'POST', json: { username, password: await readPiped(), email } })
        output.result(created, `created ${username}`)
      }),
    )
  user
    .command('list')
    .description('all accounts (administrators)')
    .action(
      withContext(environment, async ({ client, output }) =>
        output.list(await listAll(client, '/v1/users'), ['username', 'displayName', 'email', 'isAdmin', 'state', 'createdAt']),
      ),
    )
  user
    .command('info <username>')
    .description('profile')
    .action(withContext<[string]>(environment, async ({ client, output, args: [name] }) => output.record(await client.json(pathOf(name)))))
  for (const [verb, json] of [
    ['disable', { disabled: true }],
    ['enable', { disabled: false }],
  ] as const)
    user
      .command(`${verb} <username>`)
      .description(`${verb} an account (administrators)`)
      .action(
        withContext<[string]>(environment, async ({ client, output, args: [username] }) =>
          output.result(await client.json(pathOf(username), { method: 'PATCH', json }), `${verb}d ${username}`),
        ),
      )
  user
    .command('delete <username>')
    .description('remove an account; its name stays taken')
    .action(
      withContext<[string]>(environment, async ({ client, output, args: [username] }) => {
        await client.send(pathOf(username), { method: 'DELETE' })
        output.result({ deleted: username }, `deleted ${username}`)
      }),
    )
}
