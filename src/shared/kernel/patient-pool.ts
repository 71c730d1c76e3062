import type pg from 'pg'

/** As long as connections come back, waiting for one is a queue; when none did for so long, the database is gone. */
const silenceMs = 1_500

type Connect = () => Promise<pg.PoolClient>

/**
 * Waits for a free connection up to `patienceMs`, while others are being served. `connectionTimeoutMillis` of pg bounds both the
 * opening of a connection and the wait for a free one, so that a burst of requests would look like a database that is down.
 */
export function waitWhileServing(pool: pg.Pool, patienceMs: number): void {
  let servedAt = Number.NEGATIVE_INFINITY
  pool.on('release', (error) => {
    if (!error) servedAt = performance.now()
  })
  const connect = pool.connect.bind(pool) as Connect & ((callback: unknown) => void)
  const patiently = async (): Promise<pg.PoolClient> => {
    const until = performance.now() + patienceMs
    for (;;) {
      try {
        return await connect()
      } catch (error) {
        const now = performance.now()
        if (!isTimeout(error) || now > until || now - servedAt > silenceMs) throw error
      }
    }
  }
  Object.assign(pool, { connect: (callback?: unknown) => (callback === undefined ? patiently() : connect(callback)) })
}

const isTimeout = (error: unknown): boolean => error instanceof Error && /timeout exceeded when trying to connect/.test(error.message)
