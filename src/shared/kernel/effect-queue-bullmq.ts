import { createPostgresBackend, type Job, type PgPool, Queue, runMigrations, Worker } from 'bullmq'
import { Pool } from 'pg'
import type { EffectJob, EffectQueue, QueueOptions, Schedule } from './effect-queue.ts'
import type { Logger } from './logger.ts'
import { within } from './within.ts'

const queueName = 'effects'
const schema = 'bullmq'
// Jobs are wake-ups: their history says nothing, and an error means that the database did not answer.
const jobOptions = { removeOnComplete: true, removeOnFail: true, attempts: 10, backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 } }
const queueOptions = { defaultJobOptions: jobOptions, streams: { events: { maxLen: 100 } } }
const workerOptions = { drainDelay: 15, maxStalledCount: 100, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } }
const closeTimeoutMs = 1_500
const quietMs = 30_000

type JobQueue = Pick<
  Queue<EffectJob>,
  'addBulk' | 'isPaused' | 'getJobSchedulers' | 'upsertJobScheduler' | 'removeJobScheduler' | 'close' | 'disconnect'
>
type JobWorker = Pick<Worker<EffectJob>, 'pause' | 'close' | 'disconnect'>

/** One queue for all effects, whatever their number: three connections to Postgres per process, or three to Redis. */
export const openBullQueue = (options: QueueOptions): Promise<EffectQueue> =>
  options.redisUrl === '' ? onPostgres(options) : onRedis(options)

async function onPostgres({ databaseUrl, log, work }: QueueOptions): Promise<EffectQueue> {
  const pool = await openPool(databaseUrl, log)
  // pg's overloads hide that its pool has the few methods BullMQ calls.
  const connection = pool as unknown as PgPool
  const inFlight = new InFlight()
  const queue = new Queue(queueName, { connection, ...queueOptions }, createPostgresBackend)
  const worker =
    work &&
    new Worker(
      queueName,
      inFlight.track(work.process),
      { connection, concurrency: work.concurrency, ...workerOptions },
      createPostgresBackend,
    )
  watch(queue, log)
  if (worker) watch(worker, log)
  return effectQueue({ queue, worker, inFlight, closeConnections: () => pool.end() })
}

async function openPool(connectionString: string, log: Logger): Promise<Pool> {
  // A lost job is found by the sweeper, so its commits need not wait for the disk.
  const options = `-c search_path=${schema} -c synchronous_commit=off -c timezone=UTC`
  const limits = { max: 3, connectionTimeoutMillis: 2_000, idleTimeoutMillis: 30_000 }
  const pool = new Pool({ connectionString, keepAlive: true, options, ...limits })
  const lost = (error: Error): void => log.warn({ err: error }, 'queue connection lost')
  pool.on('error', lost)
  // pg-pool stops listening to a client that is in use, and BullMQ does not always start: unheard, the error would end the process.
  pool.on('connect', (client) => client.on('error', lost))
  try {
    const client = await pool.connect()
    await runMigrations(client, schema).finally(() => client.release())
    return pool
  } catch (error) {
    await pool.end()
    throw error
  }
}

async function onRedis({ redisUrl, registryId, log, work }: QueueOptions): Promise<EffectQueue> {
  const shared = { connection: { url: redisUrl, maxRetriesPerRequest: null }, prefix: `gati:${registryId}` }
  const inFlight = new InFlight()
  const queue = new Queue<EffectJob>(queueName, { ...shared, ...queueOptions })
  const worker =
    work && new Worker<EffectJob>(queueName, inFlight.track(work.process), { ...shared, concurrency: work.concurrency, ...workerOptions })
  watch(queue, log)
  if (worker) watch(worker, log)
  return effectQueue({ queue, worker, inFlight, closeConnections: async () => undefined })
}

// An 'error' event without a listener ends the process; a server that is away sends one per attempt to reach it.
function watch(emitter: { on(event: 'error', listener: (error: Error) => void): unknown }, log: Logger): void {
  let saidAt = Number.NEGATIVE_INFINITY
  emitter.on('error', (error) => {
    if (performance.now() - saidAt < quietMs) return
    saidAt = performance.now()
    log.warn({ err: error }, 'effect queue trouble')
  })
}

/** The jobs this process is at. */
class InFlight {
  readonly #jobs = new Set<Promise<void>>()

  track(process: (job: EffectJob) => Promise<void>): (job: Job<EffectJob>) => Promise<void> {
    return (job) => {
      const work = process(readJob(job))
      const forget = (): void => void this.#jobs.delete(work)
      this.#jobs.add(work)
      work.then(forget, forget)
      return work
    }
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#jobs)
  }
}

const readJob = ({ id, data, repeatJobKey }: Job<EffectJob>): EffectJob => (repeatJobKey && id ? { ...data, tick: id } : data)

interface Parts {
  readonly queue: JobQueue
  readonly worker: JobWorker | undefined
  readonly inFlight: InFlight
  readonly closeConnections: () => Promise<void>
}

function effectQueue({ queue, worker, inFlight, closeConnections }: Parts): EffectQueue {
  let ping: Promise<void> | undefined
  return {
    async add(jobs) {
      await queue.addBulk(
        jobs.map(({ effect, delayMs }) => ({ name: effect, data: { effect, retry: delayMs > 0 }, opts: { delay: Math.ceil(delayMs) } })),
      )
    },
    // Without its server BullMQ keeps commands for later: one of them is enough.
    ping() {
      ping ??= queue
        .isPaused()
        .then(() => undefined)
        .finally(() => {
          ping = undefined
        })
      return ping
    },
    reconcile: (schedules) => reconcile(queue, schedules),
    async stopWork(timeoutMs) {
      if (!worker) return
      void worker.pause(true)
      await within(timeoutMs, inFlight.idle())
      // BullMQ waits for its server as long as for a job, so its own close gets no more than a moment.
      if (!(await within(closeTimeoutMs, worker.close()))) await within(closeTimeoutMs, worker.disconnect())
    },
    async close() {
      if (!(await within(closeTimeoutMs, queue.close()))) await within(closeTimeoutMs, queue.disconnect())
      await within(closeTimeoutMs, closeConnections())
    },
  }
}

/** A scheduler that stands as declared is left alone: to upsert it again would put off its next tick. */
async function reconcile(queue: JobQueue, schedules: readonly Schedule[]): Promise<void> {
  const standing = new Map((await queue.getJobSchedulers()).map((found) => [found.key, found]))
  for (const { effect, cron } of schedules) {
    const found = standing.get(effect)
    standing.delete(effect)
    const overdue = found?.next !== undefined && found.next < Date.now() - 60_000
    if (found?.pattern === cron && !overdue) continue
    await queue.upsertJobScheduler(effect, { pattern: cron, tz: 'UTC' }, { name: effect, data: { effect }, opts: jobOptions })
  }
  for (const effect of standing.keys()) await queue.removeJobScheduler(effect)
}
