// What effects cost a publisher: `node bench/effects.ts [url of an empty database]`, else on an embedded Postgres of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { openPostgresChannel } from '../src/shared/kernel/channel-postgres.ts'
import { type OpenDatabase, openDatabase } from '../src/shared/kernel/database.ts'
import { defineEffect, onEvent } from '../src/shared/kernel/effect.ts'
import { createEffects } from '../src/shared/kernel/effects-engine.ts'
import { openEmbeddedPostgres } from '../src/shared/kernel/embedded-postgres.ts'
import { defineEvent } from '../src/shared/kernel/event.ts'
import { migrationFolders } from '../src/shared/kernel/kernel-database.ts'
import { createLogger } from '../src/shared/kernel/logging.ts'
import { migrate } from '../src/shared/kernel/migrate.ts'
import { createEvents, createOutbox } from '../src/shared/kernel/outbox.ts'
import { uuidv7 } from '../src/shared/types/uuidv7.ts'

const publishes = 2_000
const parallel = 8
const rounds = 3
const Published = defineEvent('bench.published', Type.Object({ id: Type.String(), name: Type.String() }))
const log = createLogger({ logLevel: 'warn' })

interface Round {
  readonly perSecond: number
  readonly drainMs: number
}

async function round(open: OpenDatabase, effectCount: number): Promise<Round> {
  let runs = 0
  const effects = Array.from({ length: effectCount }, (_, n) =>
    defineEffect({ name: `bench.noop-${n}`, trigger: onEvent(Published), deps: {}, concurrency: 4, run: async () => void runs++ }),
  )
  // What the round before listened to would wait for a process that has it.
  await open.database.sql`delete from effect_listeners`
  const instanceId = uuidv7()
  const channel = await openPostgresChannel({ url: open.url, instanceId, log })
  const outbox = createOutbox(open.database, open.transaction)
  const events = createEvents({ ...open, outbox, log, instanceId })
  const urls = { databaseUrl: open.url, redisUrl: '' }
  const engine = createEffects({ ...urls, ...open, outbox, role: 'all', channel, events, log, instanceId, drainTimeoutMs: 10_000 })
  engine.start(effects.map((effect) => ({ effect, run: effect.bind(() => undefined as never) })))
  await events.emit(Published, { id: uuidv7(), name: 'warm-up' })
  await engine.service.drain(60_000)
  runs = 0
  const startedAt = performance.now()
  let left = publishes
  const publisher = async (): Promise<void> => {
    while (left-- > 0) await publish(open, events)
  }
  await Promise.all(Array.from({ length: parallel }, publisher))
  const publishedAt = performance.now()
  await engine.service.drain(60_000)
  const drainMs = performance.now() - publishedAt
  await engine.stop()
  await channel.close()
  if (runs !== publishes * effectCount) throw new Error(`${runs} runs instead of ${publishes * effectCount}`)
  return { perSecond: (publishes / (publishedAt - startedAt)) * 1_000, drainMs }
}

async function publish({ database, transaction }: OpenDatabase, events: ReturnType<typeof createEvents>): Promise<void> {
  const id = uuidv7()
  await transaction.run(async () => {
    await database.sql`insert into bench_versions (id, name) values (${id}, ${`name-${id}`})`
    await database.sql`insert into bench_files (id, version_id) values (${uuidv7()}, ${id})`
    await database.sql`insert into bench_tags (id, version_id) values (${uuidv7()}, ${id})`
    await events.emit(Published, { id, name: `name-${id}` })
  })
}

async function main(url: string): Promise<void> {
  const open = await openDatabase({ url, poolSize: 10, statementTimeoutMs: 30_000, lockTimeoutMs: 5_000, entities: [], log })
  try {
    await migrate(open, migrationFolders([]), log)
    await open.database.sql`create table if not exists bench_versions (id uuid primary key, name text unique)`
    await open.database.sql`create table if not exists bench_files (id uuid primary key, version_id uuid references bench_versions)`
    await open.database.sql`create table if not exists bench_tags (id uuid primary key, version_id uuid references bench_versions)`
    await round(open, 5)
    const ratios: number[] = []
    for (let n = 0; n < rounds; n++) {
      const without = await round(open, 0)
      const five = await round(open, 5)
      ratios.push(five.perSecond / without.perSecond)
      console.log(
        `publishes/s without effects ${without.perSecond.toFixed(0)}, with five ${five.perSecond.toFixed(0)}`,
        `(${((100 * five.perSecond) / without.perSecond).toFixed(0)} %), drained ${five.drainMs.toFixed(0)} ms after the last publish`,
      )
    }
    const kept = ratios.toSorted((one, other) => one - other)[Math.floor(rounds / 2)] ?? 0
    console.log(`median: ${(100 * kept).toFixed(0)} % of the rate kept (wanted: at least 50 %)`)
    if (kept < 0.5) process.exitCode = 1
  } finally {
    await open.close()
  }
}

const [, , given] = process.argv
if (given) await main(given)
else {
  const dataDir = await mkdtemp(join(tmpdir(), 'gati-bench-'))
  const server = await openEmbeddedPostgres({ dataDir, log })
  try {
    await main(server.url)
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
