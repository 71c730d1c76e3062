import type { Command } from 'commander'
import { type Environment, withContext } from '../context.ts'
import { usage } from '../failure.ts'
import { listAll } from '../paging.ts'
import { askSecretly, readPiped } from '../read-password.ts'

interface AuditOptions {
  readonly namespace?: string
  readonly actor?: string
  readonly action?: string
  readonly limit: string
  readonly cursor?: string
  readonly all?: boolean
}

interface AuditPage {
  readonly items: Record<string, unknown>[]
  readonly nextCursor: string | null
}

interface StandingOptions {
  readonly admin?: boolean
  readonly disabled?: boolean
}

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
    .option('--cursor <cursor>', 'where the page before ended')
    .option('--all', 'every entry')
    .action(
      withContext<[], AuditOptions>(environment, async ({ client, output, options }) => {
        const { all, cursor, limit, ...filter } = options
        const columns = ['at', 'actor', 'action', 'subject', 'namespace', 'ip']
        if (all) return output.list(await listAll(client, '/v1/audit', { ...filter, limit: '1000' }), columns)
        const page = await client.json<AuditPage>('/v1/audit', { query: { ...filter, cursor, limit } })
        output.list(page.items, columns)
        if (page.nextCursor !== null) output.note(`more with --cursor ${page.nextCursor}`)
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

const pathOf = (username: string) => `/v1/users/${encodeURIComponent(username)}`

function userCommands(user: Command, environment: Environment): void {
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
  standingCommands(user, environment)
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

function standingCommands(user: Command, environment: Environment): void {
  user
    .command('set <username>')
    .description('rights of an account (administrators)')
    .option('--admin', 'administrator of the registry')
    .option('--no-admin', 'no longer')
    .option('--disabled', 'may not sign in')
    .option('--no-disabled', 'may again')
    .action(
      withContext<[string], StandingOptions>(environment, async ({ client, output, args: [username], options: { admin, disabled } }) => {
        if (admin === undefined && disabled === undefined) throw usage('say what to set: --admin, --no-admin, --disabled, --no-disabled')
        const changed = await client.json(pathOf(username), { method: 'PATCH', json: { isAdmin: admin, disabled } })
        output.result(changed, `updated ${username}`)
      }),
    )
  user
    .command('password')
    .description('change your password, which ends every session; asks, or reads the old and the new one as two lines')
    .option('--password-stdin', 'read them from standard input')
    .action(
      withContext<[], { passwordStdin?: boolean }>(environment, async ({ client, output, options: { passwordStdin } }) => {
        const lines = passwordStdin ? (await readPiped()).split('\n') : []
        const currentPassword = lines[0] ?? (await askSecretly('current password: '))
        const password = lines[1] ?? (passwordStdin ? '' : await askSecretly('new password: '))
        const changed = await client.json('/v1/users/me', { method: 'PATCH', json: { currentPassword, password } })
        output.result(changed, 'changed the password')
      }),
    )
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
}
