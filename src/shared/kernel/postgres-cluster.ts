import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { access, chown, constants, lchown, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { EmbeddedPostgresUnavailable, type PostgresAccount, type PostgresHome } from './postgres-home.ts'

/** The cluster as a Postgres program is told about it. */
export interface PostgresCluster {
  readonly home: PostgresHome
  readonly directory: string
  /** Goes into the command line of the postmaster, so that a later start recognizes it. Survives a rename of the directory. */
  readonly marker: string
}

export const DATABASE = 'gati'
export const SUPERUSER = 'postgres'

/** Nothing of our environment, least of all PG* variables and a locale the machine lacks. */
export const POSTGRES_ENVIRONMENT = { LC_ALL: 'C' }

/** Opens the cluster of this home, creating it with its database when it is fresh. */
export async function openCluster(home: PostgresHome): Promise<PostgresCluster> {
  const directory = join(home.directory, 'data')
  if (!(await exists(directory))) await createCluster(home, directory)
  const { dev, ino } = await stat(directory, { bigint: true })
  return { home, directory, marker: `gati-${dev}-${ino}` }
}

/** A cluster gets its name last: a crash in between leaves a draft, never half a cluster. */
async function createCluster(home: PostgresHome, directory: string): Promise<void> {
  const draft = `${directory}.draft`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  if (home.founder) await chown(draft, home.founder.uid, home.founder.gid)
  const locale = ['--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  await run(home, { program: 'initdb', draft, args: ['-U', SUPERUSER, '--auth=trust', '--no-instructions', ...locale] })
  await run(home, { program: 'postgres', draft, args: ['template1'], input: `CREATE DATABASE ${DATABASE}\n` })
  if (home.account && home.account.uid !== home.founder?.uid) await handOver(draft, home.account)
  await rename(draft, directory)
  await syncDirectory(home.directory)
}

async function handOver(directory: string, { uid, gid }: PostgresAccount): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true })) await lchown(join(directory, entry), uid, gid)
  await chown(directory, uid, gid)
}

interface Run {
  readonly program: 'initdb' | 'postgres'
  readonly draft: string
  readonly args: readonly string[]
  readonly input?: string
}

async function run(home: PostgresHome, { program, draft, args, input }: Run): Promise<void> {
  await using access = await openForAccount(home, draft)
  const mode = program === 'postgres' ? ['--single'] : []
  const child = spawn(join(home.binaries, program), [...mode, '-D', access.path, ...args], {
    ...home.founder,
    env: POSTGRES_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe', 'ignore', ...access.descriptors],
  }) as ChildProcessWithoutNullStreams
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]).catch((cause: unknown) => {
    throw new EmbeddedPostgresUnavailable(`${program} did not start`, { cause })
  })
  if (code !== 0 || /\b(ERROR|FATAL|PANIC):/.test(errors))
    throw new EmbeddedPostgresUnavailable(`${program} failed (${code}): ${(errors || output).trim().slice(-600)}`)
}

/** The directory as the account can name it, and the descriptors to inherit from number 4 on. */
export interface AccountAccess extends AsyncDisposable {
  readonly path: string
  readonly descriptors: readonly number[]
}

/** A directory behind a closed parent is still open to a process that inherits a descriptor of it. */
export async function openForAccount(home: PostgresHome, directory: string): Promise<AccountAccess> {
  if (home.reachable) return { path: directory, descriptors: [], [Symbol.asyncDispose]: async () => {} }
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: '/proc/self/fd/4', descriptors: [handle.fd], [Symbol.asyncDispose]: () => handle.close() }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
