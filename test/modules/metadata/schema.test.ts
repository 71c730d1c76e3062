import { expect, test } from 'vitest'
import metadata from '../../../src/modules/metadata/module.ts'
import { openDatabase } from '../../../src/shared/kernel/database.ts'
import { recordLog } from '../../../src/shared/testing/record-log.ts'
import { openRegistry } from './open-registry.ts'

test('entities and migrations describe the same columns, keys and indexes', async () => {
  await using registry = await openRegistry()
  const open = await openDatabase({
    ...{ url: registry.kernel.home.databaseUrl, poolSize: 2, statementTimeoutMs: 5_000, lockTimeoutMs: 1_000 },
    entities: metadata.entities,
    log: recordLog(),
  })
  try {
    const diff = await open.orm.schema.getUpdateSchemaSQL({ wrap: false })
    const own = new RegExp(`"(${metadata.entities.map(({ meta }) => meta.tableName).join('|')})"`)
    // Foreign keys, checks and triggers stand in migrations alone: no query of the ORM depends on them.
    const alone = /drop constraint "\w+_(fkey|check)"|drop trigger/
    const unexpected = diff.split('\n').filter((line) => own.test(line) && !alone.test(line))
    expect(unexpected).toEqual([])
    expect(metadata.entities).toHaveLength(10)
  } finally {
    await open.close()
  }
})
