import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { openPostgresChannel } from '../../src/shared/kernel/channel-postgres.ts'
import { createLocalCaches } from '../../src/shared/kernel/local-cache.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'
import { createTestDatabase, type TestDatabase } from '../../src/shared/testing/test-database.ts'
import { channelContract, collect, countResets } from '../contracts/channel.contract.ts'

channelContract('Postgres', async () => {
  const database = await createTestDatabase()
  return {
    open: (instanceId, log) => openPostgresChannel({ url: database.url, instanceId, log }),
    cutAll: () => cutAll(database),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
})

async function cutAll(database: TestDatabase): Promise<void> {
  await administer(
    database,
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'gati-registry channel'",
  )
}

async function administer(database: TestDatabase, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(statement)
  await client.end()
}

test('an unreachable database neither throws nor blocks: the channel is not live and connects when it can', async () => {
  await using database = await createTestDatabase()
  const unreachable = new URL(database.url)
  const late = `${unreachable.pathname.slice(1)}_late`
  unreachable.pathname = late
  const log = recordLog()
  const channel = await openPostgresChannel({ url: unreachable.href, instanceId: 'a', log })
  channel.publish('names', 'nobody hears it')
  expect(channel.live).toBe(false)
  await delay(500)
  expect(log.lines.filter((line) => line.level === 'warn')).toHaveLength(1)
  await administer(database, `create database ${late} template template0`)
  await expect.poll(() => channel.live, { timeout: 8_000 }).toBe(true)
  await channel.close()
  await administer(database, `drop database ${late} with (force)`)
})

test('messages published while disconnected reset the others as soon as the connection is back', async () => {
  await using database = await createTestDatabase()
  const log = recordLog()
  const a = await openPostgresChannel({ url: database.url, instanceId: 'a', log })
  await cutAll(database)
  await expect.poll(() => a.live, { interval: 1 }).toBe(false)
  a.publish('names', 'lost')
  const b = await openPostgresChannel({ url: database.url, instanceId: 'b', log })
  const resets = countResets(b)
  const heard = collect(b, 'names')
  await expect.poll(() => resets.count, { timeout: 5_000 }).toBe(1)
  expect(heard).toEqual([])
  await Promise.all([a.close(), b.close()])
})

test('a backend that is killed makes every local cache reload (D-21)', async () => {
  await using database = await createTestDatabase()
  const log = recordLog()
  const channel = await openPostgresChannel({ url: database.url, instanceId: 'b', log })
  const cache = createLocalCaches({ channel, log }).create<{ n: number }>({ name: 'tokens', maxEntries: 10, ttlMs: 60_000 })
  let n = 0
  const load = async () => ({ n: ++n })
  await cache.get('t', load)
  expect(await cache.get('t', load)).toEqual({ n: 1 })
  const resets = countResets(channel)
  await cutAll(database)
  await expect.poll(() => resets.count > 0 && channel.live, { timeout: 8_000 }).toBe(true)
  expect(await cache.get('t', load)).toEqual({ n: 2 })
  await channel.close()
})

test('a token revoked in one process is refused by the other (D-21)', async () => {
  await using database = await createTestDatabase()
  await administer(database, 'create table tokens (id text primary key, revoked boolean not null)')
  await administer(database, "insert into tokens values ('t', false)")
  const log = recordLog()
  const channels = await Promise.all(['a', 'b'].map((instanceId) => openPostgresChannel({ url: database.url, instanceId, log })))
  const [onA, onB] = channels.map((channel) =>
    createLocalCaches({ channel, log }).create<{ revoked: boolean }>({ name: 'tokens', maxEntries: 10, ttlMs: 60_000 }),
  )
  const reader = new pg.Client({ connectionString: database.url })
  await reader.connect()
  const load = async () => (await reader.query<{ revoked: boolean }>("select revoked from tokens where id = 't'")).rows[0]
  expect(await onB?.get('t', load)).toEqual({ revoked: false })
  await administer(database, 'update tokens set revoked = true')
  expect(await onB?.get('t', load)).toEqual({ revoked: false })
  const started = performance.now()
  onA?.invalidate('t')
  await expect.poll(() => onB?.get('t', load), { timeout: 5_000, interval: 5 }).toEqual({ revoked: true })
  expect(performance.now() - started).toBeLessThan(1_000)
  await reader.end()
  await Promise.all(channels.map((channel) => channel.close()))
})
