import { setTimeout as delay } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { expect, test } from 'vitest'
import { Authorizer } from '../../../src/modules/auth/contract.ts'
import { Catalog } from '../../../src/modules/metadata/contract.ts'
import { composeMeaning } from '../../../src/modules/search/compose-meaning.ts'
import { DocumentIndex } from '../../../src/modules/search/document-index.ts'
import { PostgresDriver } from '../../../src/modules/search/postgres/postgres-driver.ts'
import { semanticSettings } from '../../../src/modules/search/semantic/semantic-settings.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { Effects } from '../../../src/shared/kernel/effects.ts'
import { Outbound } from '../../../src/shared/kernel/outbound.ts'
import { openSearch } from './open-search.ts'

test.each([
  [false, 'off'],
  [true, 'on'],
])('documents that an index elsewhere follows (%s) are on disk before it hears of them', async (isFollowed, expected) => {
  await using registry = await openSearch()
  const { kernel, transaction, sql } = registry
  const ada = await registry.user('ada')
  await registry.publish(ada, 'ada/one')
  await registry.settled()
  await sql`delete from search_vectors`
  const database = kernel.resolve(Database)
  const parts = { authorizer: kernel.resolve(Authorizer), catalog: kernel.resolve(Catalog), effects: kernel.resolve(Effects) }
  const { followers } = composeMeaning(
    { database, transaction, ...parts, outbound: kernel.resolve(Outbound), log: kernel.log, signatures: undefined },
    Value.Create(Type.Object(semanticSettings)),
  )
  const seen: unknown[] = []
  // Behind everything that the others write in the same transaction.
  const last = {
    async changed() {
      for (let vectors = 0, tries = 0; vectors === 0 && tries < 100; tries += 1) {
        await delay(20)
        vectors = (await database.sql`select 1 from search_vectors`).length
      }
      seen.push(
        ...(await database.sql`select current_setting('synchronous_commit') as at, (select count(*) from search_vectors) as vectors`),
      )
    },
  }
  const store = new PostgresDriver(database, transaction)
  await new DocumentIndex({ database, transaction, store, followers: [...followers, last], isFollowed }).rebuild()
  expect(seen).toEqual([{ at: expected, vectors: 1 }])
})
