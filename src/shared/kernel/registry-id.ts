import type { Database } from './database.ts'

/** Made with the database, and different in a copy of it: keeps registries apart that share one Redis. */
export async function findRegistryId(database: Database): Promise<string> {
  const [row] = await database.sql<{ id: string }>`select id || '.' || current_database() as id from effect_queue`
  if (!row) throw new Error('the database has no registry id: its migrations did not run')
  return row.id
}
