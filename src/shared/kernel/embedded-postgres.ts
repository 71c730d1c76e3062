import { mkdir, realpath } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { askOwner, claimDataDirectory, type DataDirectoryOwner } from './data-directory.ts'
import { DATABASE, openCluster, SUPERUSER } from './postgres-cluster.ts'
import { preparePostgresHome } from './postgres-home.ts'
import { clearLeftovers } from './postgres-leftovers.ts'
import { type ServerLog, startPostgres } from './postgres-process.ts'

/** The Postgres of one data directory, run by this process or by its owner. */
export interface PostgresServer {
  /** For `pg` and MikroORM alike: the socket directory is the percent-encoded host, the one form both read. */
  readonly url: string
  /** True when another process owns it. */
  readonly attached: boolean
  /** The owner shuts Postgres down and gives the directory up; who attached changes nothing. */
  stop(): Promise<void>
}

const PATIENCE_MS = 60_000
const RETRY_MS = 20

/**
 * Starts the Postgres of a data directory, or attaches to the one its living owner runs. A postmaster whose owner was killed
 * is stopped first, so that a start after `kill -9` needs nobody (D-4).
 *
 * @throws EmbeddedPostgresUnavailable where it cannot run; the message says to set DATABASE_URL.
 */
export async function openEmbeddedPostgres(options: { dataDir: string; log: ServerLog }): Promise<PostgresServer> {
  // Root's Postgres runs as somebody else, who has to pass through.
  await mkdir(options.dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const dataDir = await realpath(options.dataDir)
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const owner = await claimDataDirectory(dataDir)
    if (owner) return serve(owner, dataDir, options.log)
    const answer = await askOwner(dataDir, deadline - performance.now())
    if (answer) {
      options.log.info({ owner: answer.pid }, 'attached to the embedded Postgres of another process')
      return { url: answer.databaseUrl, attached: true, stop: async () => {} }
    }
    await sleep(RETRY_MS)
  }
  throw new Error(`Another process owns ${dataDir} and does not answer`)
}

async function serve(owner: DataDirectoryOwner, dataDir: string, log: ServerLog): Promise<PostgresServer> {
  try {
    const home = await preparePostgresHome(dataDir)
    const cluster = await openCluster(home)
    await clearLeftovers(cluster)
    const running = await startPostgres(cluster, log)
    const url = `postgresql://${SUPERUSER}@${encodeURIComponent(home.socketDirectory)}:5432/${DATABASE}`
    owner.announce({ pid: process.pid, databaseUrl: url })
    let stopped: Promise<void> | undefined
    const stop = async () => {
      owner.retire()
      await running.stop().finally(() => owner.release())
    }
    return {
      url,
      attached: false,
      stop: () => {
        stopped ??= stop()
        return stopped
      },
    }
  } catch (error) {
    await owner.release()
    throw error
  }
}
