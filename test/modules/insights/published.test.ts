import { expect, test } from 'vitest'
import { Versions } from '../../../src/modules/metadata/contract.ts'
import { NeedsUpkeep } from '../../../src/modules/packuments/needs/needs-upkeep.ts'
import { discoverModules } from '../../../src/shared/kernel/discover.ts'
import { packTarball, publishDocument } from '../../support/npm-package.ts'
import { administrator } from '../metadata/open-registry.ts'
import { advisory, critical, openScanning } from '../scanning/open-scanning.ts'

const own = new Set(['auth', 'metadata', 'artifacts', 'scanning'])

test('R17.1, R17.4, Q104, Q178: what npm publishes and a scan finds is in graphs, health, search, impact and the blast radius of an advisory', async () => {
  const others = (await discoverModules(new URL('../../../src/modules/', import.meta.url))).filter(({ name }) => !own.has(name))
  await using registry = await openScanning({}, { others })
  const { request, settled } = registry
  await registry.user('ada')
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  const publish = async (name: string, version: string, about: Record<string, unknown> = {}) => {
    const manifest = { name, version, ...about }
    const body = publishDocument(manifest, await packTarball(manifest))
    const answer = await request('PUT', `/npm/${name.replace('/', '%2f')}`, { as: 'ada', body })
    expect(answer.statusCode, answer.body).toBeLessThan(300)
  }
  await publish('@ada/base', '1.0.0')
  await publish('@ada/base', '1.1.0')
  await publish('@ada/mid', '1.0.0', { dependencies: { '@ada/base': '~1.0.0' } })
  await publish('@ada/app', '1.0.0', { dependencies: { '@ada/mid': '^1.0.0' }, peerDependencies: { '@ada/base': '^1.1.0' } })
  await registry.take(advisory('GHSA-base', { name: '@ada/base', fixed: '1.1.0', vector: critical, aliases: ['CVE-2026-7'] }))
  for (let depth = 0; depth < 6; depth += 1) await settled()
  const get = async (url: string) => (await request('GET', url)).json()

  const graph = await get('/v1/artifacts/ada/app/-/dependencies')
  expect(graph.nodes.map(({ id, depth }: { id: string; depth: number }) => `${depth} ${id}`)).toEqual([
    ...['0 ada/app@1.0.0', '1 ada/base@1.1.0', '1 ada/mid@1.0.0', '2 ada/base@1.0.0'],
  ])
  expect(graph.edges.map(({ kind }: { kind: string }) => kind)).toEqual(['peer', 'runtime', 'runtime'])
  expect(graph.nodes.every(({ health }: { health: number | null }) => health !== null)).toBe(true)
  const radius = await get('/v1/advisories/CVE-2026-7/blast-radius')
  expect(radius.affected).toEqual([{ namespace: 'ada', name: 'base', format: 'npm', versions: ['1.0.0'] }])
  expect(radius.dependants.map(({ path }: { path: string[] }) => path.join(' → '))).toEqual([
    ...['ada/base@1.0.0 → ada/mid@1.0.0', 'ada/base@1.0.0 → ada/mid@1.0.0 → ada/app@1.0.0'],
  ])
  expect((await get('/v1/advisories/CVE-0/blast-radius')).code).toBe('scanning.advisory_not_found')
  const scores = new Map(graph.nodes.map((node: { id: string; securityScore: number; vulnerabilities: number }) => [node.id, node]))
  expect(scores.get('ada/base@1.0.0')).toMatchObject({ vulnerabilities: 1 })
  expect(scores.get('ada/base@1.1.0')).toMatchObject({ securityScore: 100, vulnerabilities: 0 })
  expect(await get('/v1/artifacts/ada/base/1.0.0/impact')).toMatchObject({
    breaks: 2,
    byDepth: [
      { depth: 1, artifacts: 1 },
      { depth: 2, artifacts: 1 },
    ],
  })
  expect(await get('/v1/artifacts/ada/base/-/health')).toMatchObject({ version: '1.1.0', securityScore: 100, flags: [] })

  // What is left when the good version goes is the vulnerable one.
  await registry.kernel.resolve(Versions).yank(administrator, { namespace: 'ada', name: 'base' }, { version: '1.1.0', reason: 'a test' })
  await settled()
  const health = await get('/v1/artifacts/ada/base/-/health')
  expect(health).toMatchObject({ version: '1.0.0', flags: [{ name: 'vulnerable' }] })
  expect(health.badges).toContain('vulnerable')
  const [hit] = (await get('/v1/search?query=base')).items
  expect(hit).toMatchObject({ name: 'base', healthBadges: health.badges })
  const { items } = (
    await request('POST', '/v1/insights/outdated', { body: { dependencies: [{ name: '@ada/base', range: '^1.0.0', format: 'npm' }] } })
  ).json()
  expect(items).toMatchObject([{ status: 'current', current: '1.0.0', vulnerabilities: 1, flags: [{ name: 'vulnerable' }] }])

  // As an upgrade finds it: what packages need stands in their stored descriptions alone, and the graphs were made without it.
  const { sql, kernel } = registry
  const tree = await get('/v1/artifacts/ada/app/-/dependencies')
  const dependants = await get('/v1/artifacts/ada/base/-/dependants')
  expect(dependants.items).toHaveLength(2)
  await sql`update versions set metadata = metadata - array['dependencies', 'peerDependencies', 'optionalDependencies', 'peerDependenciesMeta']`
  await sql`delete from insights_dependencies`
  await sql`delete from timescape_dependencies`
  await sql`delete from insights_due`
  expect((await get('/v1/artifacts/ada/app/-/dependencies')).edges).toEqual([])
  await sql`update package_upkeep set needs_form = 0, needs_after = null`
  const needs = kernel.resolve(NeedsUpkeep)
  await expect.poll(() => needs.run(new AbortController().signal), { timeout: 10_000, interval: 10 }).toBe(0)
  for (let depth = 0; depth < 4; depth += 1) await settled()
  expect(await get('/v1/artifacts/ada/app/-/dependencies')).toEqual(tree)
  expect(await get('/v1/artifacts/ada/base/-/dependants')).toEqual(dependants)
  // Health and pairs follow within minutes, and not with the sweep of the day.
  expect(await sql`select a.name from insights_due d join artifacts a on a.id = d.artifact_id order by 1`).toEqual([
    ...[{ name: 'app' }, { name: 'base' }, { name: 'mid' }],
  ])
  expect(await sql`select needs_form, needs_after from package_upkeep`).toEqual([{ needs_form: 1, needs_after: null }])
})
