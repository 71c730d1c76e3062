import { mkdir, realpath } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { attachToOwner, claimDataDirectory, type DataDirectoryOwner } from './data-directory.ts'
import { DATABASE, openCluster, SUPERUSER } from './postgres-cluster.ts'
import { preparePostgresHome } from './postgres-home.ts'
import { Backoff, keepPostgres } from './postgres-keeper.ts'
import type { ServerLog } from './postgres-process.ts'

/** The Postgres of one data directory, run by this process or by its owner. */
export interface PostgresServer {
  /** For `pg` and MikroORM alike: the socket directory is the percent-encoded host, the one form both read. Never changes. */
  readonly url: string
  /** True while another process owns it. */
  readonly attached: boolean
  /** The owner shuts Postgres down and gives the directory up, for one who attached to take over; who attached changes nothing. */
  stop(): Promise<void>
}

const PATIENCE_MS = 60_000
const RETRY_MS = 20

/**
 * Starts the Postgres of a data directory, or attaches to the one its living owner runs. A postmaster whose owner was killed
 * is stopped first, so that a start after `kill -9` needs nobody (D-4). When the owner goes away, one of those who attached
 * becomes the owner and starts Postgres again under the same URL.
 *
 * @throws EmbeddedPostgresUnavailable where it cannot run; the message says to set DATABASE_URL.
 */
export async function openEmbeddedPostgres(options: { dataDir: string; log: ServerLog }): Promise<PostgresServer> {
  // Root's Postgres runs as somebody else, who has to pass through.
  await mkdir(options.dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const dataDir = await realpath(options.dataDir)
  const stopping = new AbortController()
  const place = { dataDir, log: options.log, signal: stopping.signal }
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const tie = await join(place, AbortSignal.timeout(Math.ceil(deadline - performance.now())))
    if (tie) return new Participant({ ...place, url: tie.url }, tie, stopping)
    await sleep(RETRY_MS)
  }
  throw new Error(`Another process owns ${dataDir} and does not answer`)
}

interface Place {
  readonly dataDir: string
  readonly log: ServerLog
  /** Aborts when this process stops. */
  readonly signal: AbortSignal
  /** Where who takes over has to serve. */
  readonly url?: string
}

/** What this process is to the data directory: its owner, or attached to its owner. */
interface Tie {
  readonly url: string
  /** Of who attached: resolves when the owner is gone. */
  readonly lost: Promise<void> | undefined
  end(): Promise<void>
}

class Participant implements PostgresServer {
  readonly url: string
  readonly #place: Place
  readonly #stopping: AbortController
  readonly #following: Promise<void>
  #tie: Tie
  #stopped: Promise<void> | undefined

  constructor(place: Place, tie: Tie, stopping: AbortController) {
    this.url = tie.url
    this.#place = place
    this.#tie = tie
    this.#stopping = stopping
    this.#following = this.#follow()
  }

  get attached(): boolean {
    return this.#tie.lost !== undefined
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    await this.#tie.end()
    await this.#following
    // A takeover may have been done when the abort came.
    await this.#tie.end()
  }

  async #follow(): Promise<void> {
    const { log, signal } = this.#place
    while (this.#tie.lost) {
      await this.#tie.lost
      if (signal.aborted) return
      log.info({}, 'the owner of the embedded Postgres is gone')
      const tie = await this.#rejoin()
      if (!tie) return
      this.#tie = tie
      if (tie.url !== this.url) log.error({ url: tie.url }, 'the embedded Postgres moved to another socket; restart this process')
      else if (!tie.lost) log.info({}, 'took over the embedded Postgres')
    }
  }

  /** Undefined when a stop came first. */
  async #rejoin(): Promise<Tie | undefined> {
    const { log, signal } = this.#place
    const backoff = new Backoff()
    while (!signal.aborted) {
      try {
        const tie = await join(this.#place, signal)
        if (tie) return tie
        await sleep(RETRY_MS)
      } catch (err) {
        if (signal.aborted) return undefined
        log.error({ err }, 'cannot take over the embedded Postgres yet')
        await backoff.pause(signal)
      }
    }
    return undefined
  }
}

/** Becomes the owner or attaches; undefined between owners. */
async function join(place: Place, patience: AbortSignal): Promise<Tie | undefined> {
  const owner = await claimDataDirectory(place.dataDir)
  if (owner) return serve(owner, place)
  const attachment = await attachToOwner(place.dataDir, patience)
  if (!attachment) return undefined
  const { answer, ended, leave } = attachment
  place.log.info({ owner: answer.pid }, 'attached to the embedded Postgres of another process')
  return { url: answer.databaseUrl, lost: ended, end: async () => leave() }
}

async function serve(owner: DataDirectoryOwner, place: Place): Promise<Tie> {
  try {
    const home = await preparePostgresHome(place.dataDir, place.url && decodeURIComponent(new URL(place.url).hostname))
    const kept = await keepPostgres(await openCluster(home), place.log, place.signal)
    const url = `postgresql://${SUPERUSER}@${encodeURIComponent(home.socketDirectory)}:5432/${DATABASE}`
    owner.announce({ pid: process.pid, databaseUrl: url })
    let ended: Promise<void> | undefined
    const end = () => {
      owner.retire()
      ended ??= kept.stop().finally(() => owner.release())
      return ended
    }
    return { url, lost: undefined, end }
  } catch (error) {
    await owner.release()
    throw error
  }
}
