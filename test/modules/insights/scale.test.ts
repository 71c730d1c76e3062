import { expect, test } from 'vitest'
import { Upkeep } from '../../../src/modules/insights/upkeep.service.ts'
import { openInsights } from './open-insights.ts'

const hub = '00000000-0000-7000-8000-000000000001'
/** Far beyond every bound that is asked for. */
const count = Number(process.env['INSIGHTS_SCALE'] ?? 3_000)
const limit = count / 10

test('who is depended on by thousands is answered within bounds and in time: graphs, impact, health and pairs', async () => {
  await using registry = await openInsights()
  const { sql, get, kernel } = registry
  // Every one needs the hub and the one before it, so that ways are as long as they can be.
  // Sweeps that a minute may begin have nothing to do with it.
  await sql`update timescape_upkeep set passed_at = now()`
  await sql`update insights_upkeep set passed_at = now(), indexed = 'ffffffff-ffff-7fff-8fff-ffffffffffff'`
  await sql`insert into artifacts (id, namespace_id, name, format, type)
    select (lpad(to_hex(i), 8, '0') || '-0000-7000-8000-000000000001')::uuid, '01900000-0000-7000-8000-000000000001', 'item-' || i, 'npm', 'module-node'
    from generate_series(0, ${count}::int) i`
  await sql`insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata)
    select id, id, '1.0.0', '1', false, 'published', 'sha256:0', 1, '{}' from artifacts`
  await sql`insert into timescape_dependencies (artifact_id, target_namespace, target_name, target_format, range, optional, version, kind)
    select distinct a.id, 'library', t.name, 'npm', '^1.0.0', false, '1.0.0', 'runtime' from artifacts a
    join lateral (values ('item-0'), ('item-' || greatest(0, substring(a.name from 6)::int - 1))) t (name) on true where a.id <> ${hub}::uuid`
  await sql`insert into insights_dependencies (version_id, artifact_id, target_namespace, target_name, target_format, range, kind, optional)
    select artifact_id, artifact_id, target_namespace, target_name, target_format, range, kind, optional from timescape_dependencies`
  await sql`analyze artifacts, versions, timescape_dependencies, insights_dependencies`
  const timed = async (url: string) => {
    const begun = performance.now()
    const { status, body } = await get(`/v1/artifacts/library/${url}`)
    return { status, body, ms: performance.now() - begun }
  }
  const near = await timed(`item-0/-/dependants/transitive?limit=${limit}&depth=20`)
  expect([near.status, near.body.dependants.length, near.body.cut]).toEqual([200, limit, true])
  const impact = await timed(`item-0/-/impact?limit=${limit}`)
  expect([impact.status, impact.body.items.length, impact.body.cut]).toEqual([200, limit, true])
  const deep = await timed(`item-${count}/-/dependencies?depth=20&limit=2000`)
  expect([deep.status, deep.body.nodes.length, deep.body.cut]).toEqual([200, 22, true])
  const begun = performance.now()
  await sql`insert into insights_due select id, now() from artifacts where id = ${hub}::uuid`
  await kernel.resolve(Upkeep).run(AbortSignal.timeout(1_000))
  const health = await timed('item-0/-/health?explain=true')
  expect(health.body.explain.dependants).toBe(count)
  const upkeepMs = performance.now() - begun
  const measured = { dependants: near.ms, impact: impact.ms, dependencies: deep.ms, upkeep: upkeepMs }
  // Far above what it takes; a walk without bounds takes minutes.
  for (const [what, ms] of Object.entries(measured)) expect(ms, `${what}: ${JSON.stringify(measured)}`).toBeLessThan(8_000)
  if (process.env['INSIGHTS_MEASURE']) process.stderr.write(`${JSON.stringify(measured)}\n`)
})
