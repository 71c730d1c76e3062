import { createInterface } from 'node:readline/promises'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { RegistryClient } from '../client.ts'
import { type Environment, openContext } from '../context.ts'
import { Failure } from '../failure.ts'

/** login, logout, whoami, token. */
export function sessionCommands(program: Command, environment: Environment): void {
  program
    .command('login')
    .description('sign in; keeps an API token in a file only you can read')
    .option('-u, --username <name>')
    .option('--password-stdin', 'read the password from standard input')
    .action(async (options: { username?: string; passwordStdin?: boolean }, command: Command) => {
      const { registry, credentials, output } = await openContext(command, environment)
      const username = options.username ?? (await ask('username: '))
      const password = options.passwordStdin ? await readStdin() : await askSecretly('password: ')
      const session = new RegistryClient(registry, `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`)
      const created = await session.json<{ token: string }>('/v1/tokens', {
        method: 'POST',
        json: { name: `gati-registry on ${hostname()}`, scopes: ['read', 'publish', 'admin'] },
      })
      await credentials.set(registry, { username, token: created.token })
      output.result({ registry, username }, `signed in to ${registry} as ${username}`)
    })

  program
    .command('logout')
    .description('forget the stored credential')
    .action(async (_options: unknown, command: Command) => {
      const { registry, credentials, output } = await openContext(command, environment)
      await credentials.remove(registry)
      output.result({ registry }, `signed out of ${registry}`)
    })

  program
    .command('whoami')
    .description('show who the registry takes you for')
    .action(async (_options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const me = await client.json<{ username: string | null }>('/v1/auth/whoami')
      output.result(me, me.username ?? 'anonymous')
    })

  tokenCommands(program.command('token').description('API tokens'), environment)
}

interface TokenOptions {
  readonly scope: string[]
  readonly namespace?: string[]
  readonly artifact?: string[]
  readonly expiresInDays?: string
}

function tokenCommands(token: Command, environment: Environment): void {
  token
    .command('create <name>')
    .description('make a token; it is shown once')
    .option('--scope <scopes...>', 'read, publish, admin', ['read'])
    .option('--namespace <namespaces...>', 'good for these namespaces only')
    .option('--artifact <artifacts...>', 'good for these artifacts only (namespace/name)')
    .option('--expires-in-days <days>')
    .action(async (name: string, options: TokenOptions, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const { scope, namespace, artifact, expiresInDays } = options
      const json = {
        name,
        scopes: scope,
        ...(namespace && { namespaces: namespace }),
        ...(artifact && { artifacts: artifact }),
        ...(expiresInDays !== undefined && { expiresInDays: Number(expiresInDays) }),
      }
      const created = await client.json<{ token: string }>('/v1/tokens', { method: 'POST', json })
      output.result(created, created.token)
    })
  token
    .command('list')
    .description('your tokens')
    .action(async (_options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      const { items } = await client.json<{ items: { id: string; name: string; scopes: string[]; expiresAt: string; lastUsedAt: string }[] }>('/v1/tokens')
      output.list(items, ['id', 'name', 'scopes', 'expiresAt', 'lastUsedAt'])
    })
  token
    .command('revoke <id>')
    .description('revoke a token everywhere')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { client, output } = await openContext(command, environment)
      await client.send(`/v1/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })
      output.result({ revoked: id }, `revoked ${id}`)
    })
}

async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new Failure('give --username and --password-stdin when there is no terminal', { exitCode: 2 })
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(question)).trim()
  } finally {
    terminal.close()
  }
}

/** Reads a line without echo. */
async function askSecretly(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new Failure('give --password-stdin when there is no terminal', { exitCode: 2 })
  process.stderr.write(question)
  process.stdin.setRawMode(true)
  let typed = ''
  try {
    for await (const chunk of process.stdin) {
      for (const key of String(chunk)) {
        if (key === '\r' || key === '\n') return typed
        if (key === '\u0003') throw new Failure('interrupted')
        typed = key === '\u007f' ? typed.slice(0, -1) : typed + key
      }
    }
    return typed
  } finally {
    process.stdin.setRawMode(false)
    process.stdin.pause()
    process.stderr.write('\n')
  }
}

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) text += String(chunk)
  return text.replace(/\r?\n$/, '')
}
