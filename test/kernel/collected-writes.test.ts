import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../src/shared/kernel/database.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'
import { createTestDatabase, type TestDatabase } from '../../src/shared/testing/test-database.ts'

let home: TestDatabase
let open: OpenDatabase

beforeAll(async () => {
  home = await createTestDatabase()
  const limits = { poolSize: 1, statementTimeoutMs: 5_000, lockTimeoutMs: 1_000 }
  open = await openDatabase({ url: home.url, ...limits, entities: [], log: recordLog() })
  await open.database.sql`create table notes (n int primary key)`
})

afterAll(async () => {
  await open.close()
  await home[Symbol.asyncDispose]()
})

const batches: number[][] = []
beforeEach(async () => {
  batches.length = 0
  await open.database.sql`truncate notes`
})

const write = async (items: readonly number[]): Promise<void> => {
  batches.push([...items])
  await open.database.sql`insert into notes select unnest(${[...items]}::int[])`
}
const collect = (n: number): Promise<void> => open.transaction.collect(write, n)
const notes = async (): Promise<number[]> => (await open.database.sql<{ n: number }>`select n from notes order by n`).map(({ n }) => n)

test('what a transaction collects is written once, before it commits', async () => {
  let heard: number[] = []
  await open.transaction.run(async () => {
    open.transaction.afterCommit(() => {
      heard = [...batches].flat()
    })
    await collect(2)
    await open.transaction.run(() => collect(1))
    expect(batches).toEqual([])
  })
  expect(batches).toEqual([[2, 1]])
  expect(heard).toEqual([2, 1])
  expect(await notes()).toEqual([1, 2])
})

test('outside a transaction it is written at once', async () => {
  await collect(1)
  expect(batches).toEqual([[1]])
})

test('a transaction that fails writes nothing of it, and a write that fails undoes the transaction', async () => {
  const failed = open.transaction.run(async () => {
    await collect(1)
    throw new Error('no')
  })
  await expect(failed).rejects.toThrow('no')
  const doubled = open.transaction.run(async () => {
    await open.database.sql`insert into notes values (3)`
    await collect(4)
    await collect(4)
  })
  await expect(doubled).rejects.toThrow(/duplicate key/)
  expect(batches).toEqual([[4, 4]])
  expect(await notes()).toEqual([])
})

test('a statement that comes again and again is prepared, one that came twice is not', async () => {
  for (const n of [1, 2]) await open.database.sql`select ${n}::int as rare`
  for (const n of [1, 2, 3, 4, 5]) await open.database.sql`select ${n}::int as frequent`
  const prepared = await open.database.sql<{ statement: string }>`select statement from pg_prepared_statements`
  expect(prepared.filter(({ statement }) => statement.includes('frequent'))).toHaveLength(1)
  expect(prepared.filter(({ statement }) => statement.includes('rare'))).toHaveLength(0)
})
