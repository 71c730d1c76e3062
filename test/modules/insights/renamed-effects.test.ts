import { expect, test } from 'vitest'
import { InsightsEffects } from '../../../src/modules/insights/migrations/2026-11-30-insights-effects.ts'
import { Versions } from '../../../src/modules/metadata/contract.ts'
import { replayMigration } from '../../support/replay-migration.ts'
import { openInsights } from './open-insights.ts'

test('upgrade: what waits for a health effect that has another name now is done, what was done stays so, and nobody waits for the old one again', async () => {
  await using registry = await openInsights()
  const { sql, kernel } = registry
  const ada = await registry.user('ada')
  const versions = kernel.resolve(Versions)
  const publishAndYank = async (name: string) => {
    for (const version of ['1.0.0', '1.1.0']) await registry.publish(ada, `ada/${name}:${version}`)
    await versions.yank(ada, { namespace: 'ada', name, format: 'npm' }, { version: '1.0.0', reason: 'broken' })
  }
  await publishAndYank('waits')
  await publishAndYank('done')
  await registry.settled()
  // The daily sweep renews health as well.
  await sql`update insights_upkeep set swept = null, passed_at = now()`
  await sql`delete from insights_health`
  await sql`delete from effect_runs`
  await sql`insert into effect_listeners (event, effect) values ('metadata.version_yanked', 'insights.renew-yanked')`
  await sql`insert into effect_runs (outbox_id, effect, state) select o.id, 'insights.renew-yanked', case a.name when 'done' then 'done' else 'queued' end
    from outbox o join artifacts a on a.id = (o.payload->>'artifactId')::uuid where o.name = 'metadata.version_yanked'`
  await replayMigration(registry, InsightsEffects)
  await publishAndYank('comes')
  await registry.settled()
  expect(await sql`select a.name from insights_health h join artifacts a on a.id = h.artifact_id order by 1`).toEqual([
    { name: 'comes' },
    { name: 'waits' },
  ])
  expect(await sql`select effect from effect_listeners where effect = 'insights.renew-yanked'`).toEqual([])
})
