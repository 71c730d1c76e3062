import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { toProblem } from '../../src/shared/errors/problem.ts'
import { type OpenDatabase, openDatabase } from '../../src/shared/kernel/database.ts'
import { TransactionBroken } from '../../src/shared/kernel/honest-commit.ts'
import { type RecordedLog, recordLog } from '../../src/shared/testing/record-log.ts'
import { createTestDatabase, type TestDatabase } from '../../src/shared/testing/test-database.ts'

let home: TestDatabase
let open: OpenDatabase
let log: RecordedLog

beforeAll(async () => {
  home = await createTestDatabase()
  log = recordLog()
  const limits = { poolSize: 4, statementTimeoutMs: 1_000, lockTimeoutMs: 300 }
  open = await openDatabase({ url: home.url, ...limits, entities: [], log })
  await open.database.sql`create table notes (n int primary key)`
})

afterAll(async () => {
  await open.close()
  await home[Symbol.asyncDispose]()
})

beforeEach(async () => {
  await open.database.sql`truncate notes`
})

const insert = (n: number) => open.database.sql`insert into notes values (${n})`
const run = <T>(work: () => Promise<T>): Promise<T> => open.transaction.run(work)
const notes = async (): Promise<number[]> => (await open.database.sql<{ n: number }>`select n from notes order by n`).map(({ n }) => n)
const backend = async (): Promise<number> => (await open.database.sql<{ pid: number }>`select pg_backend_pid() as pid`)[0]?.pid ?? 0

test('nested calls join: one transaction, one commit, and reads inside see what was written', async () => {
  await run(async () => {
    const outer = await backend()
    await insert(1)
    await run(async () => {
      expect(await backend()).toBe(outer)
      expect(await notes()).toEqual([1])
      await run(() => insert(2))
    })
    expect(open.transaction.active).toBe(true)
  })
  expect(open.transaction.active).toBe(false)
  expect(await notes()).toEqual([1, 2])
})

test('the entity manager writes in the same transaction', async () => {
  const cause = new Error('no')
  const failed = run(async () => {
    await open.database.em.execute('insert into notes values (7)')
    expect(await notes()).toEqual([7])
    throw cause
  })
  await expect(failed).rejects.toBe(cause)
  expect(await notes()).toEqual([])
})

test('a throw at any depth rolls all of it back and reaches the caller as it is', async () => {
  const cause = new Error('no')
  const failed = run(async () => {
    await insert(1)
    await run(async () => {
      await insert(2)
      throw cause
    })
  })
  await expect(failed).rejects.toBe(cause)
  expect(await notes()).toEqual([])
})

test('work after the commit runs in order, once, and only when the outermost call has committed', async () => {
  const heard: string[] = []
  const note = (word: string) => open.transaction.afterCommit(() => void heard.push(word))
  await run(async () => {
    note('first')
    await run(async () => note('second'))
    note('third')
    expect(heard).toEqual([])
  })
  expect(heard).toEqual(['first', 'second', 'third'])
  await expect(
    run(async () => {
      note('never')
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  note('at once')
  expect(heard).toEqual(['first', 'second', 'third', 'at once'])
})

test('work after the commit that throws is logged: the commit stands and the rest runs', async () => {
  const heard: string[] = []
  await run(async () => {
    await insert(1)
    open.transaction.afterCommit(() => {
      throw new Error('on purpose')
    })
    open.transaction.afterCommit(() => void heard.push('next'))
  })
  expect(await notes()).toEqual([1])
  expect(heard).toEqual(['next'])
  expect(log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual(['work after a commit failed'])
})

test('a nested failure that is caught still rolls everything back, and says so', async () => {
  const cause = new Error('half done')
  const heard: string[] = []
  const result = await run(async () => {
    open.transaction.afterCommit(() => void heard.push('committed'))
    await insert(1)
    await run(async () => {
      await insert(2)
      throw cause
    }).catch(() => undefined)
    return 'as if nothing happened'
  }).catch((error: unknown) => error)
  expect(result).toBeInstanceOf(TransactionBroken)
  expect(result).toMatchObject({ code: 'kernel.transaction_broken', cause })
  expect(await notes()).toEqual([])
  expect(heard).toEqual([])
})

test.each(['sql', 'em'])('a failed statement of %s that is caught is not mistaken for a commit', async (way) => {
  await insert(1)
  const result = await run(async () => {
    await insert(2)
    const again = way === 'sql' ? insert(1) : open.database.em.execute('insert into notes values (1)')
    await again.then(
      () => expect.unreachable(),
      () => undefined,
    )
    return 'as if nothing happened'
  }).catch((error: unknown) => error)
  expect(result).toBeInstanceOf(TransactionBroken)
  expect(toProblem(result)).toMatchObject({ status: 500, code: 'internal' })
  expect(await notes()).toEqual([1])
  await run(() => insert(3))
  expect(await notes()).toEqual([1, 3])
})

test('parallel transactions do not see each other before the commit', async () => {
  const written = Promise.withResolvers<void>()
  const looked = Promise.withResolvers<void>()
  const one = run(async () => {
    await insert(1)
    written.resolve()
    await looked.promise
  })
  const other = run(async () => {
    await written.promise
    const seen = await notes()
    await insert(2)
    looked.resolve()
    return seen
  })
  expect(await other).toEqual([])
  await one
  expect(await notes()).toEqual([1, 2])
})

test('statements of one transaction that are sent side by side all belong to it', async () => {
  await expect(
    run(async () => {
      await Promise.all([insert(1), run(() => insert(2)), insert(3)])
      expect(await notes()).toEqual([1, 2, 3])
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await notes()).toEqual([])
})

test('statements that still wait when a sibling fails are rolled back with it', async () => {
  await insert(1)
  await expect(run(() => Promise.all([insert(1), insert(2), insert(3), run(() => insert(4))]))).rejects.toMatchObject({ code: '23505' })
  await delay(100)
  expect(await notes()).toEqual([1])
})

test('work that outlives its transaction fails instead of writing outside of it', async () => {
  const late = Promise.withResolvers<Error | undefined>()
  const going = Promise.withResolvers<void>()
  await expect(
    run(async () => {
      going.promise
        .then(() => insert(9))
        .then(
          () => late.resolve(undefined),
          (error: Error) => late.resolve(error),
        )
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  going.resolve()
  expect(await late.promise).toBeInstanceOf(Error)
  expect(await notes()).toEqual([])
})

test('a statement and a wait for a lock end at their limits and count as unavailable (D-16)', async () => {
  const slow = await open.database.sql`select pg_sleep(5)`.catch((error: unknown) => error)
  expect(slow).toMatchObject({ code: '57014' })
  expect(toProblem(slow)).toMatchObject({ status: 503, code: 'service.unavailable' })
  await insert(1)
  const held = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const holder = run(async () => {
    await open.database.sql`select * from notes for update`
    locked.resolve()
    await held.promise
  })
  await locked.promise
  const started = performance.now()
  const waited = await run(() => open.database.sql`select * from notes for update`).catch((error: unknown) => error)
  expect(performance.now() - started).toBeLessThan(900)
  held.resolve()
  await holder
  expect(waited).toMatchObject({ code: '55P03' })
  expect(toProblem(waited)).toMatchObject({ status: 503, retryAfterSeconds: 2 })
})

test('a transaction that idles is cut, which neither ends the process nor spoils the pool', async () => {
  const cut = await run(async () => {
    await insert(1)
    await delay(1_500)
    await insert(2)
  }).catch((error: unknown) => error)
  expect(toProblem(cut)).toMatchObject({ status: 503 })
  expect(await notes()).toEqual([])
})

test.each([
  ['between two statements', async () => {}],
  ['during a statement', () => open.database.sql`select pg_sleep(0.9)`],
])('a backend killed %s of a transaction counts as unavailable, and the pool recovers (D-19)', async (_when, meanwhile) => {
  const killed = await run(async () => {
    await insert(1)
    const pid = await backend()
    const killer = await openDatabase({ url: home.url, poolSize: 2, statementTimeoutMs: 1_000, lockTimeoutMs: 300, entities: [], log })
    const going = meanwhile()
    await Promise.all([going, delay(50).then(() => killer.database.sql`select pg_terminate_backend(${pid})`)]).finally(() => killer.close())
    await delay(50)
    await insert(2)
  }).catch((error: unknown) => error)
  expect(killed).toBeInstanceOf(Error)
  expect(toProblem(killed)).toMatchObject({ status: 503, code: 'service.unavailable', retryAfterSeconds: 2 })
  expect(await notes()).toEqual([])
  await Promise.all([1, 2, 3, 4, 5, 6].map((n) => run(() => insert(n))))
  expect(await notes()).toHaveLength(6)
})

test('a backend killed before the commit does not look committed', async () => {
  const heard: string[] = []
  const killed = await run(async () => {
    await insert(1)
    open.transaction.afterCommit(() => void heard.push('committed'))
    await open.database.sql`select pg_terminate_backend(pg_backend_pid())`.catch(() => undefined)
  }).catch((error: unknown) => error)
  expect(toProblem(killed)).toMatchObject({ status: 503 })
  expect(heard).toEqual([])
  expect(await notes()).toEqual([])
})

test('rows come as plain JSON: counts as numbers, instants as ISO 8601 with microseconds', async () => {
  const [row] = await open.database.sql`
    select count(*) as n, 9007199254740991::bigint as big, '2026-11-21 02:38:58.931123+00'::timestamptz as at, '{"a":1}'::jsonb as doc`
  expect(row).toEqual({ n: 1, big: 9_007_199_254_740_991, at: '2026-11-21T02:38:58.931123Z', doc: { a: 1 } })
})
