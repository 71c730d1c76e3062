import type { Migration } from '@mikro-orm/migrations'
import { sql as statement } from 'kysely'
import { Transaction } from '../../src/shared/kernel/database.ts'
import type { openRegistry } from '../modules/metadata/open-registry.ts'

type Made = new (...given: ConstructorParameters<typeof Migration>) => Migration

/** What the migration does to tables that are there already. */
export const replayMigration = (
  { kernel, sql }: Pick<Awaited<ReturnType<typeof openRegistry>>, 'kernel' | 'sql'>,
  Made: Made,
): Promise<void> =>
  kernel.resolve(Transaction).run(async () => {
    const migration = new Made(undefined as never, undefined as never)
    migration.up()
    for (const query of migration.getQueries()) await sql`${statement.raw(String(query))}`
  })
