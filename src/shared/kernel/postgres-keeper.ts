import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresCluster } from './postgres-cluster.ts'
import { clearLeftovers } from './postgres-leftovers.ts'
import { type PostgresProcess, type ServerLog, startPostgres } from './postgres-process.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** The pauses between attempts at something that must come back without a person (D-4). */
export class Backoff {
  #pauseMs = FIRST_PAUSE_MS

  /** Resolves at once when `signal` aborts. */
  async pause(signal: AbortSignal): Promise<void> {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {})
  }

  reset(): void {
    this.#pauseMs = FIRST_PAUSE_MS
  }
}

/** Postgres that comes back when it dies alone, until it is stopped. */
export interface KeptPostgres {
  stop(): Promise<void>
}

/**
 * Starts Postgres on a cluster, for the owner of its data directory, and starts it again whenever it ends by itself.
 *
 * @throws EmbeddedPostgresUnavailable where the first start fails, and the reason of `signal` when that aborts before it is done.
 */
export async function keepPostgres(cluster: PostgresCluster, log: ServerLog, signal: AbortSignal): Promise<KeptPostgres> {
  await clearLeftovers(cluster)
  let running = await startPostgres(cluster, log, signal)
  const stopping = new AbortController()
  const keep = async () => {
    const backoff = new Backoff()
    for (;;) {
      const since = performance.now()
      const reason = await running.ended
      if (stopping.signal.aborted) return
      log.error({ reason }, 'the embedded Postgres ended by itself')
      if (performance.now() - since > LONGEST_PAUSE_MS) backoff.reset()
      const next = await startAgain(cluster, { log, signal: stopping.signal, backoff })
      if (!next) return
      running = next
      log.info({}, 'the embedded Postgres runs again')
    }
  }
  const keeping = keep()
  return {
    async stop() {
      stopping.abort()
      await running.stop()
      await keeping
      // A start may have been done when the abort came.
      await running.stop()
    },
  }
}

interface Revival {
  readonly log: ServerLog
  readonly signal: AbortSignal
  readonly backoff: Backoff
}

/** Undefined when a stop came first. */
async function startAgain(cluster: PostgresCluster, { log, signal, backoff }: Revival): Promise<PostgresProcess | undefined> {
  for (;;) {
    await backoff.pause(signal)
    if (signal.aborted) return undefined
    try {
      await clearLeftovers(cluster)
      return await startPostgres(cluster, log, signal)
    } catch (err) {
      if (!signal.aborted) log.error({ err }, 'the embedded Postgres does not start again yet')
    }
  }
}
