import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './logger.ts'
import { openForAccount, POSTGRES_ENVIRONMENT, type PostgresCluster } from './postgres-cluster.ts'
import { EmbeddedPostgresUnavailable } from './postgres-home.ts'
import { endOrphanedSessions, stopPostmaster } from './postgres-leftovers.ts'

export type ServerLog = Pick<Logger, 'info' | 'warn' | 'error'>

export interface PostgresProcess {
  /** Resolves with the reason when Postgres ended, by itself or after `stop`. */
  readonly ended: Promise<string>
  /** Fast shutdown: open sessions end, committed rows are on disk. */
  stop(): Promise<void>
}

/**
 * Stands between us and Postgres: when our end of descriptor 3 closes, also by `kill -9`, Postgres gets its fast shutdown.
 * Signals meant for us by a terminal or a service manager are ignored, since requests in flight still need the database.
 */
const GUARD = [
  'trap "" INT TERM HUP',
  '"$@" </dev/null 3<&- & p=$!',
  // Until its end or 20 s: Postgres that has just been started ignores a signal, as what a shell starts in the background does.
  '(read -r _; n=0; while [ $n -lt 200 ] && kill -INT $p; do n=$((n+1)); sleep 0.1 || sleep 1; done) <&3 2>/dev/null & g=$!',
  'exec 3<&-',
  'wait $p; r=$?',
  'kill -9 $g 2>/dev/null',
  'exit $r',
].join('\n')

/** Small when idle; durability settings stay at their defaults (D-1). */
const SETTINGS = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  max_connections: '100',
  shared_buffers: '256MB',
  random_page_cost: '1.1',
  jit: 'off',
  io_method: 'sync',
  max_logical_replication_workers: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_checkpoints: 'off',
  log_min_messages: 'log',
  // A failing statement may hold what a log must not.
  log_min_error_statement: 'panic',
}

const READY = /database system is ready to accept connections/
/** Sessions outlive a postmaster that was killed alone. */
const STILL_IN_USE = /pre-existing shared memory block|is still in use/
const RETRY_MS = 50
const RETRY_FOR_MS = 10_000

/** What outlives Postgres and holds its output open, such as a busy session, must not hide its end. */
const LAST_WORDS_MS = 200

/** Starts Postgres on a cluster without leftovers and resolves when it accepts connections; rejects when `signal` aborts before. */
export async function startPostgres(cluster: PostgresCluster, log: ServerLog, signal: AbortSignal): Promise<PostgresProcess> {
  const deadline = performance.now() + RETRY_FOR_MS
  for (;;) {
    signal.throwIfAborted()
    const running = new Running(cluster, await launch(cluster), log)
    const failure = await running.ready(signal)
    if (failure === undefined) {
      await running.settle()
      return running
    }
    if (!STILL_IN_USE.test(failure) || performance.now() > deadline) throw new EmbeddedPostgresUnavailable(failure)
    await endOrphanedSessions(cluster)
    await sleep(RETRY_MS)
  }
}

async function launch(cluster: PostgresCluster): Promise<ChildProcess> {
  const { home, directory, marker } = cluster
  await using access = await openForAccount(home, directory)
  const settings = { ...SETTINGS, unix_socket_directories: home.socketDirectory, cluster_name: marker }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [join(home.binaries, 'postgres'), '-D', access.path, ...options]
  return spawn('/bin/sh', ['-c', GUARD, 'postgres-guard', ...command], {
    ...home.account,
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
    // A session of its own: Ctrl-C in a terminal must reach us alone.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...access.descriptors],
  })
}

class Running implements PostgresProcess {
  readonly #child: ChildProcess
  readonly #log: ServerLog
  readonly #tail: string[] = []
  readonly ended: Promise<string>
  readonly #started: Promise<undefined>
  readonly #cluster: PostgresCluster
  #pid = 0
  #stopping: Promise<void> | undefined

  constructor(cluster: PostgresCluster, child: ChildProcess, log: ServerLog) {
    this.#cluster = cluster
    this.#child = child
    this.#log = log
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => resolve(`postgres ended with ${code}: ${this.#tail.join('\n')}`)
      child.once('error', (error) => resolve(error.message))
      child.once('close', end)
      child.once('exit', (code) => setTimeout(() => end(code), LAST_WORDS_MS))
    })
    // A guard that was killed alone left its watcher, which now stops the postmaster.
    void this.ended.then(() => this.#leash.destroy())
    // Read, or the end of the guard would go unnoticed.
    this.#leash.on('error', () => {}).resume()
    const lines = createInterface({ input: child.stdio[2] as Readable })
    lines.on('line', (line) => this.#hear(line))
    this.#started = new Promise((resolve) => lines.on('line', (line) => READY.test(line) && resolve(undefined)))
  }

  /** Undefined when Postgres accepts connections, else why it never will. */
  async ready(signal: AbortSignal): Promise<string | undefined> {
    const abort = () => void this.stop()
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    const failure = await Promise.race([this.#started, this.ended])
    signal.removeEventListener('abort', abort)
    return signal.aborted ? this.ended : failure
  }

  /** From here on Postgres lives as long as we do, and does not keep us alive. */
  async settle(): Promise<void> {
    this.#pid = Number.parseInt(await readFile(join(this.#cluster.directory, 'postmaster.pid'), 'utf8'), 10)
    this.#child.unref()
    this.#leash.unref()
    ;(this.#child.stdio[2] as Socket).unref()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#child.ref()
    this.#leash.destroy()
    await stopPostmaster(this.#cluster, this.#pid)
    await this.ended
  }

  get #leash(): Socket {
    return this.#child.stdio[3] as Socket
  }

  #hear(line: string): void {
    this.#tail.push(line)
    if (this.#tail.length > 20) this.#tail.shift()
    if (!/\b(FATAL|PANIC):/.test(line) || this.#pid <= 0 || this.#stopping) return
    // A client that was killed in the middle says nothing about Postgres.
    const level = /FATAL: +connection to client lost/.test(line) ? 'warn' : 'error'
    this.#log[level]({ line }, 'the embedded Postgres reports')
  }
}
