import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresCluster } from './postgres-cluster.ts'

/** Above every pid the system hands out: Postgres takes the file for stale, yet still checks the shared memory it names. */
const NO_PROCESS = 2 ** 31 - 1
const PATIENCE_MS = 5_000

/**
 * Removes what a killed owner left behind. Call it only as the owner of the data directory: a postmaster that runs now has no
 * living owner and is stopped. A process that merely inherited the pid in a stale file is left alone.
 */
export async function clearLeftovers(cluster: PostgresCluster): Promise<void> {
  const pidFile = join(cluster.directory, 'postmaster.pid')
  const content = await readFile(pidFile, 'utf8').catch(() => undefined)
  if (content !== undefined) {
    const pid = Number.parseInt(content, 10)
    await stopPostmaster(cluster, pid)
    await disarm(pidFile)
  }
  const socket = join(cluster.home.socketDirectory, '.s.PGSQL.5432')
  await Promise.all([rm(socket, { force: true }), rm(`${socket}.lock`, { force: true })])
}

/**
 * Fast shutdown, then immediate shutdown, which recovers from the log at the next start. Does nothing when the process is not
 * the postmaster of this cluster, since a pid may have passed to a stranger.
 */
export async function stopPostmaster(cluster: PostgresCluster, pid: number): Promise<void> {
  if (!(await isPostmaster(pid, cluster.marker))) return
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    send(pid, signal)
    const deadline = performance.now() + PATIENCE_MS
    for (let pauseMs = 2; performance.now() < deadline; pauseMs = Math.min(pauseMs * 2, 50)) {
      if (!(await isAlive(pid))) return
      await sleep(pauseMs)
    }
  }
  throw new Error(`Postgres (process ${pid}) does not stop`)
}

/**
 * Ends sessions that outlived a killed postmaster: one that is busy with a query notices only at its end. Their titles carry the
 * marker. Nothing committed is lost, since the next start recovers from the log.
 */
export async function endOrphanedSessions(cluster: PostgresCluster): Promise<void> {
  for (const name of await readdir('/proc')) {
    const title = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '') : ''
    if (title.startsWith(`postgres: ${cluster.marker}: `)) send(Number(name), 'SIGQUIT')
  }
}

async function disarm(pidFile: string): Promise<void> {
  const content = await readFile(pidFile, 'utf8').catch(() => undefined)
  if (content === undefined) return
  if (!/^\d+\n/.test(content)) return rm(pidFile, { force: true })
  await writeFile(pidFile, content.replace(/^\d+/, String(NO_PROCESS)))
}

async function isPostmaster(pid: number, marker: string): Promise<boolean> {
  if (!(pid > 1)) return false
  const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
  return basename(args[0] ?? '') === 'postgres' && args.includes(`cluster_name=${marker}`)
}

/** A zombie counts as dead: where process 1 does not reap, it stays for ever. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const state = status.slice(status.lastIndexOf(')') + 2)[0]
  return state !== undefined && !'ZX'.includes(state)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Gone already, or a system that lets only the guard signal it; the caller waits and sees.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
