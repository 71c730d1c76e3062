import { hostname } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import { RegistryClient } from '../client.ts'
import { type Environment, withContext } from '../context.ts'
import { listAll } from '../paging.ts'
import { ask, askSecretly, readPiped } from '../read-password.ts'

interface CreatedToken {
  readonly id: string
  readonly token: string
}

interface LoginOptions {
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly expiresInDays: number
}

/** login, logout, whoami, token. */
export function sessionCommands(program: Command, environment: Environment): void {
  program
    .command('login')
    .description('sign in; keeps an API token in a file only you can read')
    .option('-u, --username <name>')
    .option('--password-stdin', 'read the password from standard input')
    .option('--expires-in-days <days>', 'how long the token is good for', wholeNumber, 90)
    .action(
      withContext<[], LoginOptions>(environment, async ({ registry, credentials, output, options }) => {
        const username = options.username ?? (await ask('username: '))
        const password = options.passwordStdin ? await readPiped() : await askSecretly('password: ')
        const session = new RegistryClient(registry, `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`)
        const json = {
          name: `gati-registry on ${hostname()}`.slice(0, 100),
          scopes: ['read', 'publish', 'admin'],
          expiresInDays: options.expiresInDays,
        }
        const { id, token } = await session.json<CreatedToken>('/v1/tokens', { method: 'POST', json })
        const replaced = await credentials.get(registry)
        await credentials.set(registry, { username, token, tokenId: id })
        // It may have expired or been revoked long ago.
        if (replaced) await revoke(new RegistryClient(registry, `Bearer ${replaced.token}`), replaced.tokenId).catch(() => undefined)
        output.result({ registry, username }, `signed in to ${registry} as ${username}`)
      }),
    )

  program
    .command('logout')
    .description('revoke and forget the stored credential')
    .action(
      withContext(environment, async ({ registry, credentials, output }) => {
        const stored = await credentials.get(registry)
        // Forgotten even when the registry is away; the token can still be revoked from elsewhere.
        await credentials.remove(registry)
        if (stored) await revoke(new RegistryClient(registry, `Bearer ${stored.token}`), stored.tokenId)
        output.result({ registry }, `signed out of ${registry}`)
      }),
    )

  program
    .command('whoami')
    .description('show who the registry takes you for')
    .action(
      withContext(environment, async ({ client, output }) => {
        const me = await client.json<{ username: string }>('/v1/auth/whoami')
        output.result(me, me.username)
      }),
    )

  tokenCommands(program.command('token').description('API tokens'), environment)
}

interface TokenOptions {
  readonly scope: string[]
  readonly namespace?: string[]
  readonly artifact?: string[]
  readonly expiresInDays?: number
}

function tokenCommands(token: Command, environment: Environment): void {
  token
    .command('create <name>')
    .description('make a token; it is shown once')
    .option('--scope <scopes...>', 'read, publish, admin', ['read'])
    .option('--namespace <namespaces...>', 'good for these namespaces only')
    .option('--artifact <artifacts...>', 'good for these artifacts only (namespace/name)')
    .option('--expires-in-days <days>', 'default: never', wholeNumber)
    .action(
      withContext<[string], TokenOptions>(environment, async ({ client, output, args: [name], options }) => {
        const { scope: scopes, namespace: namespaces, artifact: artifacts, expiresInDays } = options
        const json = { name, scopes, namespaces, artifacts, expiresInDays }
        const created = await client.json<CreatedToken>('/v1/tokens', { method: 'POST', json })
        output.result(created, created.token)
      }),
    )
  token
    .command('list')
    .description('your tokens')
    .action(
      withContext(environment, async ({ client, output }) =>
        output.list(await listAll(client, '/v1/tokens'), ['id', 'name', 'scopes', 'namespaces', 'artifacts', 'expiresAt', 'lastUsedAt']),
      ),
    )
  token
    .command('revoke <id>')
    .description('revoke a token everywhere')
    .action(
      withContext<[string]>(environment, async ({ client, output, args: [id] }) => {
        await revoke(client, id)
        output.result({ revoked: id }, `revoked ${id}`)
      }),
    )
}

async function revoke(client: RegistryClient, id: string): Promise<void> {
  await client.send(`/v1/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}
