import { type OpenDatabase, openDatabase } from './database.ts'
import type { KernelSettings } from './kernel-settings.ts'
import type { Logger } from './logger.ts'
import { type MigrationFolder, migrate } from './migrate.ts'
import type { Module } from './module.ts'
import { Teardown } from './teardown.ts'

export interface KernelDatabase extends OpenDatabase {
  /** True when this process runs the embedded Postgres, or shares that of the owner of the data directory. */
  readonly embedded: boolean
}

/** The external Postgres of `databaseUrl`, or the embedded one of the data directory; migrated. */
export async function openKernelDatabase(settings: KernelSettings, modules: readonly Module[], log: Logger): Promise<KernelDatabase> {
  const server = settings.databaseUrl === '' ? await embedded(settings.dataDir, log) : undefined
  const teardown = new Teardown(log)
  if (server) teardown.add('embedded Postgres', () => server.stop())
  try {
    const open = await openDatabase({
      url: server?.url ?? settings.databaseUrl,
      poolSize: settings.databasePoolSize,
      statementTimeoutMs: settings.statementTimeoutMs,
      lockTimeoutMs: settings.lockTimeoutMs,
      entities: modules.flatMap(({ entities }) => entities),
      log,
    })
    teardown.add('database connections', () => open.close())
    await migrate(open, migrationFolders(modules), log)
    return { ...open, embedded: server !== undefined, close: () => teardown.run() }
  } catch (error) {
    await teardown.run()
    throw error
  }
}

// Loaded only when needed: an installation with its own Postgres never pays for it.
async function embedded(dataDir: string, log: Logger) {
  const { openEmbeddedPostgres } = await import('./embedded-postgres.ts')
  return openEmbeddedPostgres({ dataDir, log })
}

/** The kernel's own tables first, then those of the modules in dependency order. */
export function migrationFolders(modules: readonly Module[]): MigrationFolder[] {
  const own = modules.flatMap(({ name, migrations }) => (migrations ? [{ owner: name, folder: migrations }] : []))
  return [{ owner: 'kernel', folder: new URL('./migrations/', import.meta.url) }, ...own]
}
