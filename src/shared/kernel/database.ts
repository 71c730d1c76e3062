import { AsyncLocalStorage } from 'node:async_hooks'
import type { EntitySchema } from '@mikro-orm/core'
import { MikroORM, type SqlEntityManager } from '@mikro-orm/postgresql'
import { Kysely, sql as kyselySql, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { refuseFalseCommits, TransactionBroken } from './honest-commit.ts'
import type { Logger } from './logger.ts'
import { waitWhileServing } from './patient-pool.ts'
import { rowTypes } from './pg-types.ts'
import { prepareFrequentStatements } from './prepared-statements.ts'
import { service } from './service.ts'

/** Tables, through the surrounding transaction when there is one. */
export interface Database {
  /** MikroORM's entity manager. Use `insert`, `upsert`, `nativeUpdate`, `find…`: nothing is flushed for you, and `Transaction` opens transactions. */
  readonly em: SqlEntityManager
  /** Runs one statement; interpolated values become parameters, fragments made with kysely's `sql` are inlined. */
  sql<Row>(text: TemplateStringsArray, ...values: readonly unknown[]): Promise<Row[]>
  /** Resolves when the database answers. */
  ping(): Promise<void>
}
export const Database = service<Database>('kernel.database')

export interface Transaction {
  /**
   * Joins the transaction of the caller, or opens one; only the outermost commits. A throw rolls all of it back, also when a caller
   * inside catches it, as does a failed statement whose error was caught: the outermost call then rejects with `TransactionBroken`.
   */
  run<T>(work: () => Promise<T>): Promise<T>
  /**
   * Hands the item to `write` together with all others of the same `write`, right before the outermost commit: one statement for what would be
   * many. At once when there is no transaction.
   */
  collect<T>(write: (items: readonly T[]) => Promise<void>, item: T): Promise<void>
  /** Called after the outermost commit, in order; at once when there is no transaction. One that throws is logged: the commit stands. */
  afterCommit(work: () => void): void
  readonly active: boolean
}
export const Transaction = service<Transaction>('kernel.transaction')

interface Ambient {
  readonly client: pg.PoolClient
  em: SqlEntityManager | undefined
  readonly afterCommit: (() => void)[]
  /** What is written at the end, by who writes it. */
  readonly collected: Map<(items: readonly never[]) => Promise<void>, unknown[]>
  /** The first statement that Postgres refused: what comes after it is refused because of it. */
  refused: unknown
  /** What a joined call threw, whether somebody caught it or not. */
  failure: { readonly error: unknown } | undefined
  /** The outermost work is done: whoever still runs came too late. */
  ended: boolean
}

export interface OpenDatabase {
  readonly database: Database
  readonly transaction: Transaction
  readonly orm: MikroORM
  readonly url: string
  /** Connections of the pool, and how many statements and transactions wait for one. */
  poolUse(): PoolUse
  close(): Promise<void>
}

export interface PoolUse {
  readonly inUse: number
  readonly idle: number
  readonly waiting: number
}

export interface DatabaseOptions {
  readonly url: string
  readonly poolSize: number
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs: number
  readonly entities: readonly EntitySchema[]
  readonly log: Logger
}

export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  let pool: pg.Pool | undefined
  // Not `MikroORM.init`, which loads the migrator and every other extension it finds.
  const orm = new MikroORM({
    clientUrl: options.url,
    entities: [...options.entities],
    allowGlobalContext: false,
    ensureDatabase: false,
    discovery: { warnWhenNoEntities: false },
    pool: { min: 0, max: options.poolSize, idleTimeoutMillis: 10_000 },
    driverOptions: {
      connectionString: options.url,
      statement_timeout: options.statementTimeoutMs,
      lock_timeout: options.lockTimeoutMs,
      idle_in_transaction_session_timeout: options.statementTimeoutMs,
      connectionTimeoutMillis: 2_000,
      application_name: 'gati-registry',
      // A plan of a thousand rows may seem dear enough to be compiled, and that takes a second where the query takes a millisecond.
      options: '-c timezone=UTC -c jit=off',
      // What a transaction asks at once travels at once; its order on the connection stays.
      pipeline: true,
      onPoolCreated: (created: pg.Pool) => {
        pool = created
        pool.options.types = rowTypes()
        prepareFrequentStatements(pool)
        refuseFalseCommits(pool)
        waitWhileServing(pool, options.statementTimeoutMs)
      },
    },
    logger: (message) => options.log.debug({ message }, 'orm'),
  })
  const ambient = new AsyncLocalStorage<Ambient>()
  const pooled: Kysely<unknown> = orm.em.fork().getKysely<unknown>()
  if (!pool) throw new Error('MikroORM opened no pool')
  const opened = pool
  return {
    orm,
    url: options.url,
    database: createDatabase(orm, ambient, pooled),
    transaction: createTransaction(opened, ambient, options.log),
    poolUse: () => ({ inUse: opened.totalCount - opened.idleCount, idle: opened.idleCount, waiting: opened.waitingCount }),
    close: () => orm.close(true),
  }
}

function createDatabase(orm: MikroORM, ambient: AsyncLocalStorage<Ambient>, pooled: Kysely<unknown>): Database {
  const current = (): Ambient | undefined => {
    const opened = ambient.getStore()
    // On its own it would be committed, even when the transaction it belongs to was rolled back.
    if (opened?.ended) throw new Error('this statement comes after the end of its transaction; await all work inside')
    return opened
  }
  return {
    get em() {
      const opened = current()
      if (!opened) return orm.em.fork()
      opened.em ??= boundTo(opened.client, orm)
      return opened.em
    },
    async sql<Row>(text: TemplateStringsArray, ...values: readonly unknown[]) {
      const statement = kyselySql<Row>(text, ...values)
      const opened = current()
      if (!opened) return (await statement.execute(pooled)).rows
      const compiled = statement.compile(pooled)
      const asked = opened.client.query<Row & pg.QueryResultRow>(compiled.sql, [...compiled.parameters])
      const { rows } = await asked.catch((error: unknown) => {
        opened.refused ??= error
        throw error
      })
      return rows
    },
    async ping() {
      await kyselySql`select 1`.execute(pooled)
    },
  }
}

function boundTo(client: pg.PoolClient, orm: MikroORM): SqlEntityManager {
  const lent = { query: client.query.bind(client), release: () => undefined }
  const pool = { connect: async () => lent, end: async () => undefined, options: {} }
  const kysely = new Kysely({ dialect: new PostgresDialect({ pool }) })
  const em = orm.em.fork()
  em.setTransactionContext(kysely)
  return em
}

function createTransaction(pool: pg.Pool, ambient: AsyncLocalStorage<Ambient>, log: Logger): Transaction {
  const committed = (listener: () => void): void => {
    try {
      listener()
    } catch (error) {
      log.error({ err: error }, 'work after a commit failed')
    }
  }
  return {
    get active() {
      return ambient.getStore() !== undefined
    },
    async run(work) {
      const current = ambient.getStore()
      if (current) return join(current, work)
      const afterCommit: (() => void)[] = []
      // Not MikroORM's own: when its rollback fails, as on a lost connection, the connection never returns to the pool.
      const client = await pool.connect()
      const opened: Ambient = {
        client,
        em: undefined,
        afterCommit,
        collected: new Map(),
        refused: undefined,
        failure: undefined,
        ended: false,
      }
      const result = await outermost(opened, () => ambient.run(opened, () => completely(opened, work)))
      for (const listener of afterCommit) committed(listener)
      return result
    },
    async collect(write, item) {
      const current = ambient.getStore()
      if (!current) return write([item])
      const items = current.collected.get(write) ?? []
      items.push(item)
      current.collected.set(write, items)
    },
    afterCommit(work) {
      const current = ambient.getStore()
      if (current) current.afterCommit.push(work)
      else work()
    },
  }
}

async function completely<T>(opened: Ambient, work: () => Promise<T>): Promise<T> {
  const result = await work()
  while (opened.collected.size > 0 && !opened.failure) {
    const collected = [...opened.collected]
    opened.collected.clear()
    await Promise.all(collected.map(([write, items]) => (write as (items: readonly unknown[]) => Promise<void>)(items)))
  }
  return result
}

async function outermost<T>(opened: Ambient, work: () => Promise<T>): Promise<T> {
  const { client } = opened
  let broken: boolean | undefined
  // Not waited for: it travels with the first statement.
  const begun = client.query('begin')
  begun.catch(() => undefined)
  try {
    const result = await work()
    if (opened.failure) throw new TransactionBroken(opened.failure.error)
    await begun
    opened.ended = true
    await client.query('commit')
    return result
  } catch (error) {
    opened.ended = true
    // A rollback that fails says less than what made it necessary; the connection is of no use then.
    await client.query('rollback').catch(() => {
      broken = true
    })
    throw isFollowUp(error) ? (opened.refused ?? error) : error
  } finally {
    client.release(broken)
  }
}

/** `in_failed_sql_transaction` */
const isFollowUp = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '25P02'

async function join<T>(current: Ambient, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    current.failure ??= { error }
    throw error
  }
}
