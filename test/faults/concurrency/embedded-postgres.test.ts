import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedPostgres, type PostgresServer } from '../../../src/shared/kernel/embedded-postgres.ts'
import { openCluster } from '../../../src/shared/kernel/postgres-cluster.ts'
import { preparePostgresHome } from '../../../src/shared/kernel/postgres-home.ts'
import { startPostgres } from '../../../src/shared/kernel/postgres-process.ts'
import { endScripts, runScript } from '../../support/child-script.ts'

const root = process.getuid?.() === 0
let base: string
let dataDir: string
let logged: string[]
const asides = new Set<string>()

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'gati-pg-'))
  await chmod(base, 0o711)
  dataDir = join(base, 'data')
  logged = []
})
afterEach(async () => {
  await endScripts()
  for (const directory of [base, ...asides]) await rm(directory, { recursive: true, force: true })
  asides.clear()
})

const log = {
  info: (_: object, message: string) => void logged.push(message),
  warn: (_: object, message: string) => void logged.push(message),
  error: (_: object, message: string) => void logged.push(message),
}
const open = (directory = dataDir) => openEmbeddedPostgres({ dataDir: directory, log })

async function query(server: { url: string }, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

async function start(directory = dataDir) {
  const script = runScript('postgres-starter.ts', directory)
  return { script, server: JSON.parse(await script.line) as Omit<PostgresServer, 'stop'> }
}

const pidFile = () => join(dataDir, 'postgres', 'data', 'postmaster.pid')
const postmaster = async () => Number.parseInt(await readFile(pidFile(), 'utf8'), 10)
const lives = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (status) => !/\) [ZX]/.test(status),
    () => false,
  )
/** The guard is a shell and its watching subshell, in one process group with the postmaster. */
async function killGuard(pid: number): Promise<void> {
  const [, , , , group] = await statusOf(pid)
  for (const name of await readdir('/proc')) {
    const [, command, , , other] = await statusOf(Number(name)).catch(() => [])
    if (other === group && command === '(sh)') process.kill(Number(name), 'SIGKILL')
  }
}
const statusOf = async (pid: number) => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')

const works = (server: { url: string }, timeoutMs: number) =>
  expect.poll(() => query(server, 'select 1').catch(String), { timeout: timeoutMs, interval: 20 }).toEqual([1])

/** Postmaster, its children and its guard, all of which name the cluster. */
async function clusterProcesses(): Promise<string[]> {
  const { dev, ino } = await stat(join(dataDir, 'postgres', 'data'), { bigint: true })
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(numbers.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return commands.filter((command) => command.includes(`gati-${dev}-${ino}`))
}

async function gone(pid: number): Promise<void> {
  while (await lives(pid)) await sleep(10)
}

test('a fresh directory gets a durable, UTF-8, socket-only server, and a restart keeps its rows', async () => {
  const first = await open()
  expect(first.attached).toBe(false)
  const names = ['fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'server_encoding', 'autovacuum']
  const settings = await query(first, `select ${names.map((name) => `current_setting('${name}')`).join()}`)
  expect(settings).toEqual(['on', 'on', 'on', '', 'UTF8', 'on'])
  await query(first, 'create table note (text text)')
  await query(first, "insert into note values ('kept')")
  await first.stop()
  const second = await open()
  expect(await query(second, 'select text from note')).toEqual(['kept'])
  await second.stop()
  await second.stop()
  expect(logged).toEqual([])
})

test('after kill -9 of the owner a new start works at once and every committed row is there (D-1, D-4)', async () => {
  const { script, server } = await start()
  await query(server, 'create table note (n int)')
  for (let n = 1; n <= 20; n++) await query(server, `insert into note values (${n})`)
  await script.kill()
  const next = await open()
  expect(next.attached).toBe(false)
  expect(await query(next, 'select count(*)::int from note')).toEqual([20])
  await next.stop()
})

test('a postmaster that lost its owner and its guard is stopped by the next start (D-4)', async () => {
  const { script, server } = await start()
  await query(server, 'create table note as select 7 as n')
  const orphan = await postmaster()
  // Or it would replace the guard.
  process.kill(script.pid, 'SIGSTOP')
  await killGuard(orphan)
  await script.kill()
  expect(await lives(orphan)).toBe(true)
  const next = await open()
  expect(await lives(orphan)).toBe(false)
  expect(await query(next, 'select n from note')).toEqual([7])
  await next.stop()
})

test('a second process attaches, and the first is undisturbed when it stops', async () => {
  const { script, server } = await start()
  const pid = await postmaster()
  const second = await open()
  expect(second).toMatchObject({ url: server.url, attached: true })
  await query(second, 'create table note as select 1 as n')
  await second.stop()
  expect(await query(server, 'select n from note')).toEqual([1])
  expect(await postmaster()).toBe(pid)
  expect(await script.end()).toBe(0)
  expect(await lives(pid)).toBe(false)
})

test('of processes that start at the same instant on a fresh directory one owns and all can query', async () => {
  const started = await Promise.all([start(), start(), start()])
  expect(started.filter(({ server }) => !server.attached)).toHaveLength(1)
  for (const { server } of started) expect(await query(server, 'select 1')).toEqual([1])
})

test('a start while the owner stops waits for it and becomes the owner', async () => {
  const first = await open()
  const stopping = first.stop()
  const second = await open()
  await stopping
  expect(second.attached).toBe(false)
  expect(await query(second, 'select 1')).toEqual([1])
  await second.stop()
})

test('a data directory deeper than a socket address works', async () => {
  const server = await open(join(dataDir, 'x'.repeat(120)))
  asides.add(dirname(decodeURIComponent(new URL(server.url).hostname)))
  expect(await query(server, 'select 1')).toEqual([1])
  await server.stop()
})

test.runIf(root)('a data directory below a folder that shuts the account of Postgres out works', async () => {
  await mkdir(join(base, 'closed'), { mode: 0o700 })
  for (const _ of ['fresh', 'again']) {
    const server = await open(join(base, 'closed', 'data'))
    asides.add(dirname(decodeURIComponent(new URL(server.url).hostname)))
    expect(await query(server, 'select 1')).toEqual([1])
    await server.stop()
  }
})

test('a stale postmaster.pid that names a stranger neither harms the stranger nor blocks the start', async () => {
  await (await open()).stop()
  const { uid, gid } = await stat(join(dataDir, 'postgres'))
  const account = root ? { uid, gid } : {}
  const stranger = spawn('/bin/sh', ['-c', 'read _', '-D', '/elsewhere'], {
    ...account,
    argv0: 'postgres',
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await writeFile(pidFile(), `${stranger.pid}\n${join(dataDir, 'postgres', 'data')}\n1\n5432\n\n\n`)
  if (root) await chown(pidFile(), uid, gid)
  const server = await open()
  expect(await query(server, 'select 1')).toEqual([1])
  await server.stop()
  expect(await lives(stranger.pid ?? 0)).toBe(true)
  stranger.stdin.end()
  await once(stranger, 'exit')
})

test.each(['', 'garbage', '-1\n', '99999999\n'])('a postmaster.pid that holds %j does not block the start', async (content) => {
  await (await open()).stop()
  await writeFile(pidFile(), content)
  const server = await open()
  expect(await query(server, 'select 1')).toEqual([1])
  await server.stop()
})

test('a cluster that was left half made is made anew', async () => {
  const draft = join(dataDir, 'postgres', 'data.draft')
  await mkdir(draft, { recursive: true })
  await writeFile(join(draft, 'PG_VERSION'), '18\n')
  const server = await open()
  expect(await query(server, 'select 1')).toEqual([1])
  await server.stop()
})

test('Postgres that is killed alone comes back under the same URL with every committed row (D-1, D-4)', async () => {
  const server = await open()
  await query(server, 'create table note as select 3 as n')
  for (const _ of ['once', 'again']) {
    const pid = await postmaster()
    process.kill(pid, 'SIGKILL')
    await gone(pid)
    await works(server, 3_000)
    expect(await query(server, 'select n from note')).toEqual([3])
    expect(await postmaster()).not.toBe(pid)
  }
  await expect
    .poll(() => logged)
    .toEqual(Array(2).fill(['the embedded Postgres ended by itself', 'the embedded Postgres runs again']).flat())
  const last = await postmaster()
  await server.stop()
  expect(await lives(last)).toBe(false)
})

test('Postgres comes back although a busy session outlives its killed postmaster (D-4)', async () => {
  const server = await open()
  const busy = new Client({ connectionString: server.url })
  busy.on('error', () => {})
  await busy.connect()
  const ended = expect(busy.query('select count(*) from generate_series(1, 1e9::bigint)')).rejects.toThrow()
  await sleep(100)
  process.kill(await postmaster(), 'SIGKILL')
  await works(server, 3_000)
  await ended
  await server.stop()
})

test('a guard that is killed alone is replaced together with Postgres', async () => {
  const { script, server } = await start()
  const first = await postmaster()
  await killGuard(first)
  await gone(first)
  await works(server, 3_000)
  const second = await postmaster()
  await script.kill()
  await gone(second)
})

test.each([0, 50, 100, 120, 160, 250])('a stop %i ms after the death of Postgres leaves no process behind', async (delayMs) => {
  const server = await open()
  process.kill(await postmaster(), 'SIGKILL')
  await sleep(delayMs)
  await server.stop()
  expect(await clusterProcesses()).toEqual([])
  await sleep(200)
  expect(await clusterProcesses()).toEqual([])
})

test.each(['end', 'kill'] as const)(
  'when the owner goes by %s, who attached serves within 2 s and its pool works again (D-4)',
  async (way) => {
    const { script, server } = await start()
    const second = await open()
    const pool = new Pool({ connectionString: second.url })
    pool.on('error', () => {})
    await pool.query('create table note as select 5 as n')
    await script[way]()
    // First, since the Postgres of a killed owner may still answer.
    await expect.poll(() => second.attached, { timeout: 2_000, interval: 20 }).toBe(false)
    await expect
      .poll(() => pool.query('select n from note').then(({ rows }) => rows, String), { timeout: 2_000, interval: 20 })
      .toEqual([{ n: 5 }])
    expect(second).toMatchObject({ url: server.url, attached: false })
    await pool.end()
    // What stops now is an owner like any other.
    const pid = await postmaster()
    await second.stop()
    expect(await lives(pid)).toBe(false)
    expect(await readdir(dataDir)).not.toContain('owner.sock')
  },
)

test('of three who attached exactly one takes over and the others attach to it, until the last one', async () => {
  const { script, server } = await start()
  const attached = [await open(), await open(), await open()]
  await script.end()
  for (let left = attached; left.length > 0; left = left.filter((other) => other.attached)) {
    await expect.poll(() => left.filter((other) => !other.attached), { timeout: 2_000, interval: 10 }).toHaveLength(1)
    await works(server, 2_000)
    await sleep(100)
    expect(left.filter((other) => !other.attached)).toHaveLength(1)
    expect(new Set(left.map(({ url }) => url))).toEqual(new Set([server.url]))
    await left.find((other) => !other.attached)?.stop()
  }
  expect(await clusterProcesses()).toEqual([])
})

test('a tool that attached and ends disturbs nobody, also not when it had taken over', async () => {
  const tool = await start()
  const served = await start()
  expect([tool.server.attached, served.server.attached]).toEqual([false, true])
  expect(await tool.script.end()).toBe(0)
  await works(served.server, 2_000)
  expect(await served.script.end()).toBe(0)
  expect(await clusterProcesses()).toEqual([])
})

test.each([0, 5, 20, 40, 80, 150, 300])('a stop %i ms into a takeover leaves no process behind', async (delayMs) => {
  const { script } = await start()
  const second = await open()
  await script.kill()
  await sleep(delayMs)
  await second.stop()
  // The guard of a killed owner ends its Postgres by itself.
  await expect.poll(clusterProcesses, { timeout: 2_000 }).toEqual([])
  await sleep(100)
  expect(await clusterProcesses()).toEqual([])
  const next = await open()
  expect(await query(next, 'select 1')).toEqual([1])
  await next.stop()
})

test('a start of Postgres that is given up in its first moments, when it ignores signals, ends', async () => {
  await (await open()).stop()
  const cluster = await openCluster(await preparePostgresHome(await realpath(dataDir)))
  for (const delayMs of [1, 3, 5, 7, 9, 12, 15, 20, 30]) {
    const begun = performance.now()
    // A quiet machine may be faster than the longest of these.
    await startPostgres(cluster, log, AbortSignal.timeout(delayMs)).then(
      (running) => running.stop(),
      () => undefined,
    )
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(await clusterProcesses()).toEqual([])
  }
})

test('a takeover that fails is tried again until it works', async () => {
  const { script, server } = await start()
  const second = await open()
  const version = join(dataDir, 'postgres', 'data', 'PG_VERSION')
  await writeFile(version, '9\n')
  await script.end()
  await expect.poll(() => logged, { timeout: 2_000 }).toContain('cannot take over the embedded Postgres yet')
  await writeFile(version, '18\n')
  await works(server, 3_000)
  await second.stop()
})

test.runIf(root)('root gives Postgres an account that no other process has', async () => {
  const server = await open()
  const { uid } = await stat(`/proc/${await postmaster()}`)
  expect(uid).not.toBe(65534)
  expect(await readFile('/etc/passwd', 'utf8')).not.toMatch(new RegExp(`^[^:]*:[^:]*:${uid}:`, 'm'))
  const sockets = await stat(decodeURIComponent(new URL(server.url).hostname))
  expect([sockets.uid, sockets.mode & 0o777]).toEqual([uid, 0o700])
  expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o710)
  const data = join(dataDir, 'postgres', 'data')
  const owners = await Promise.all((await readdir(data, { recursive: true })).map(async (entry) => (await lstat(join(data, entry))).uid))
  expect(new Set(owners)).toEqual(new Set([uid]))
  await server.stop()
})

test('a session that outlives its killed postmaster in a long query does not hold up the next start (D-4)', async () => {
  const { script, server } = await start()
  const busy = new Client({ connectionString: server.url })
  busy.on('error', () => {})
  await busy.connect()
  const ended = expect(busy.query('select count(*) from generate_series(1, 1e9::bigint)')).rejects.toThrow()
  await sleep(100)
  process.kill(await postmaster(), 'SIGKILL')
  await script.kill()
  const next = await open()
  expect(await query(next, 'select 1')).toEqual([1])
  await ended
  await next.stop()
})

test('a signal to the process group of the owner leaves Postgres to requests in flight', async () => {
  const { script, server } = await start()
  process.kill(-script.pid, 'SIGINT')
  await sleep(200)
  expect(await query(server, 'select 1')).toEqual([1])
  expect(await script.end()).toBe(0)
})

test('a directory whose Postgres cannot start is given up, with the way out in the message', async () => {
  await (await open()).stop()
  await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '9\n')
  await expect(open()).rejects.toThrow(/DATABASE_URL/)
  await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '18\n')
  await (await open()).stop()
})
