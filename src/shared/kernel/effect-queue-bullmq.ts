import { createPostgresBackend, type Job, type PgPool, Queue, runMigrations, Worker } from 'bullmq'
import { Pool } from 'pg'
import type { EffectJob, EffectQueue, QueueOptions, Schedule } from './effect-queue.ts'
import type { Logger } from './logger.ts'

const queueName = 'effects'
const schema = 'bullmq'
// Jobs are wake-ups: their history says nothing, and an error means that the database did not answer.
const jobOptions = { removeOnComplete: true, removeOnFail: true, attempts: 10, backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 } }
const closeTimeoutMs = 3_000
const quietMs = 30_000

type JobQueue = Pick<
  Queue<EffectJob>,
  'addBulk' | 'getJobSchedulers' | 'upsertJobScheduler' | 'removeJobScheduler' | 'close' | 'disconnect'
>
type JobWorker = Pick<Worker<EffectJob>, 'close' | 'disconnect'>

/** One queue for all effects, whatever their number: three connections to Postgres per process, or three to Redis. */
export const openBullQueue = (options: QueueOptions): Promise<EffectQueue> =>
  options.redisUrl === '' ? onPostgres(options) : onRedis(options)

async function onPostgres({ databaseUrl, log, work }: QueueOptions): Promise<EffectQueue> {
  // A lost job is found by the sweeper, so its commits need not wait for the disk.
  const options = `-c search_path=${schema} -c synchronous_commit=off -c timezone=UTC`
  const pool = new Pool({
    connectionString: databaseUrl,
    max: 3,
    keepAlive: true,
    options,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
  })
  pool.on('error', (error) => log.warn({ err: error }, 'queue connection lost'))
  try {
    const client = await pool.connect()
    await runMigrations(client, schema).finally(() => client.release())
  } catch (error) {
    await pool.end()
    throw error
  }
  // pg's overloads hide that its pool has the few methods BullMQ calls.
  const connection = pool as unknown as PgPool
  const queue = new Queue(queueName, { connection, ...queueOptions }, createPostgresBackend)
  watch(queue, log)
  const process = work?.process
  const worker =
    process &&
    new Worker(
      queueName,
      (job: Job<EffectJob>) => process(readJob(job)),
      { connection, concurrency: work.concurrency, ...workerOptions },
      createPostgresBackend,
    )
  if (worker) watch(worker, log)
  return effectQueue({ queue, worker, closeConnections: () => pool.end() })
}

async function onRedis({ redisUrl, registryId, log, work }: QueueOptions): Promise<EffectQueue> {
  const prefix = `gati:${registryId}`
  const connection = { url: redisUrl, maxRetriesPerRequest: null }
  const queue = new Queue<EffectJob>(queueName, { connection, prefix, ...queueOptions })
  watch(queue, log)
  const worker =
    work &&
    new Worker<EffectJob>(queueName, (job) => work.process(readJob(job)), {
      connection,
      prefix,
      concurrency: work.concurrency,
      ...workerOptions,
    })
  if (worker) watch(worker, log)
  return effectQueue({ queue, worker, closeConnections: async () => undefined })
}

const queueOptions = { defaultJobOptions: jobOptions, streams: { events: { maxLen: 100 } } }
const workerOptions = { drainDelay: 15, maxStalledCount: 100, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } }

// An 'error' event without a listener ends the process; a server that is away sends one per attempt to reach it.
function watch(emitter: { on(event: 'error', listener: (error: Error) => void): unknown }, log: Logger): void {
  let saidAt = Number.NEGATIVE_INFINITY
  emitter.on('error', (error) => {
    if (performance.now() - saidAt < quietMs) return
    saidAt = performance.now()
    log.warn({ err: error }, 'effect queue trouble')
  })
}

const readJob = ({ id, data, repeatJobKey }: Job<EffectJob>): EffectJob => (repeatJobKey && id ? { ...data, tick: id } : data)

interface Parts {
  readonly queue: JobQueue
  readonly worker: JobWorker | undefined
  readonly closeConnections: () => Promise<void>
}

function effectQueue({ queue, worker, closeConnections }: Parts): EffectQueue {
  return {
    async add(jobs) {
      await queue.addBulk(jobs.map(({ effect, delayMs }) => ({ name: effect, data: { effect }, opts: { delay: Math.ceil(delayMs) } })))
    },
    reconcile: (schedules) => reconcile(queue, schedules),
    async stopWork(timeoutMs) {
      if (worker && !(await within(timeoutMs, worker.close()))) await within(closeTimeoutMs, worker.disconnect())
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

/** False when it took longer, or failed: at stop there is nothing better to do about either. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const timeout = new Promise<false>((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs)
    void work.then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    )
  })
  const done = work.then(
    () => true,
    () => false,
  )
  return Promise.race([done, timeout])
}
