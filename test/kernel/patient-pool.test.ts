import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/shared/kernel/database.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'
import { createTestDatabase } from '../../src/shared/testing/test-database.ts'

const open = (url: string) =>
  openDatabase({ url, poolSize: 2, statementTimeoutMs: 10_000, lockTimeoutMs: 5_000, entities: [], log: recordLog() })

test('D-18: a burst waits for its connections for as long as they come back', async () => {
  await using home = await createTestDatabase()
  const { database, transaction, close } = await open(home.url)
  const slow = () => transaction.run(() => database.sql`select pg_sleep(0.25)`)
  const results = await Promise.allSettled(Array.from({ length: 30 }, slow))
  await close()
  expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
}, 30_000)

test('D-19: when no connection comes back the wait ends within 2 s', async () => {
  await using home = await createTestDatabase()
  const { database, transaction, close } = await open(home.url)
  await database.ping()
  const holding = [1, 2].map(() => transaction.run(() => database.sql`select pg_sleep(4)`))
  await delay(200)
  const began = performance.now()
  await expect(database.ping()).rejects.toThrow('timeout exceeded')
  expect(performance.now() - began).toBeLessThan(2_500)
  await Promise.all(holding)
  await close()
}, 30_000)
