import { readdir } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Constructor } from '@mikro-orm/core'
import type { Migration } from '@mikro-orm/migrations'
import type { MikroORM } from '@mikro-orm/postgresql'
import type { Database } from './database.ts'
import type { Logger } from './logger.ts'

/** A folder of migrations and the name its files are recorded under. */
export interface MigrationFolder {
  readonly owner: string
  readonly folder: URL
}

interface MigrationFile {
  /** `<owner>/<file without extension>`: never change one that has landed. */
  readonly name: string
  readonly url: URL
}

const table = 'kernel_migrations'
// Any constant serves; it only has to be the same in every process.
const lockKey = 7_214_033

async function filesOf({ owner, folder }: MigrationFolder): Promise<MigrationFile[]> {
  const names = await readdir(folder)
  return names
    .filter((name) => /\.(ts|js)$/.test(name) && !name.endsWith('.d.ts'))
    .sort()
    .map((name) => ({ name: `${owner}/${name.slice(0, -extname(name).length)}`, url: new URL(name, folder) }))
}

async function executed(database: Database): Promise<ReadonlySet<string>> {
  const [found] = await database.sql<{ exists: boolean }>`select to_regclass(${table}) is not null as exists`
  if (!found?.exists) return new Set()
  const rows = await database.sql<{ name: string }>`select name from kernel_migrations`
  return new Set(rows.map(({ name }) => name))
}

/** Forward only, in the given order, one process at a time (D-37). The migrator is loaded only when something is pending. */
export async function migrate(
  open: { url: string; orm: MikroORM; database: Database },
  folders: readonly MigrationFolder[],
  log: Logger,
): Promise<void> {
  const files = (await Promise.all(folders.map(filesOf))).flat()
  const done = await executed(open.database)
  if (files.every(({ name }) => done.has(name))) return
  const { default: pg } = await import('pg')
  const lock = new pg.Client({ connectionString: open.url, options: '-c timezone=UTC' })
  // Without a listener a lost connection would end the process; the statement in flight rejects anyway.
  lock.on('error', (error) => log.warn({ err: error }, 'the connection that holds the migration lock was lost'))
  await lock.connect()
  try {
    await lock.query('select pg_advisory_lock($1)', [lockKey])
    await runPending(open, files, log)
  } finally {
    await lock.end()
  }
}

async function runPending(
  { orm, database }: { orm: MikroORM; database: Database },
  files: readonly MigrationFile[],
  log: Logger,
): Promise<void> {
  const done = await executed(database)
  const pending = files.filter(({ name }) => !done.has(name))
  if (pending.length === 0) return
  const { Migrator } = await import('@mikro-orm/migrations')
  const loaded = await Promise.all(pending.map(load))
  orm.config.set('migrations', {
    ...orm.config.get('migrations'),
    tableName: table,
    migrationsList: loaded,
    transactional: true,
    allOrNothing: false,
    snapshot: false,
    disableForeignKeys: false,
  })
  const migrator = new Migrator(orm.em.fork())
  for (const { name } of loaded) {
    await migrator.up({ migrations: [name] }).catch((error: unknown) => {
      throw new Error(`migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    })
    log.info({ migration: name }, 'migration applied')
  }
}

async function load({ name, url }: MigrationFile) {
  const exported: Record<string, unknown> = await import(url.href)
  const [migration] = Object.values(exported)
  if (typeof migration !== 'function') throw new Error(`${name} does not export a migration class`)
  return { name, class: migration as Constructor<Migration> }
}
