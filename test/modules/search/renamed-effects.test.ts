import { expect, test } from 'vitest'
import { SearchEffects } from '../../../src/modules/search/migrations/2026-11-30-search-effects.ts'
import { replayMigration } from '../../support/replay-migration.ts'
import { openSearch } from './open-search.ts'

test('upgrade: what waits for an effect that has another name now is done, and nobody waits for the old one again', async () => {
  await using registry = await openSearch()
  const { sql } = registry
  const ada = await registry.user('ada')
  await registry.publish(ada, 'ada/waits')
  await registry.settled()
  await sql`delete from search_documents`
  await sql`delete from effect_runs`
  await sql`insert into effect_listeners (event, effect) values ('metadata.tag_moved', 'search.index-retagged')`
  await sql`insert into effect_runs (outbox_id, effect) select id, 'search.index-published' from outbox where name = 'metadata.version_published'`
  await replayMigration(registry, SearchEffects)
  await registry.publish(ada, 'ada/comes')
  await registry.settled()
  expect((await registry.names(ada, '')).toSorted()).toEqual(['ada/comes', 'ada/waits'])
  expect(await sql`select effect from effect_listeners where effect like 'search.index-retagged'`).toEqual([])
})
