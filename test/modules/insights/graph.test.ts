import { afterAll, beforeAll, expect, test } from 'vitest'
import { DependencyIndexService } from '../../../src/modules/insights/dependencies/dependency-index.service.ts'
import { Upkeep } from '../../../src/modules/insights/upkeep.service.ts'
import { Versions } from '../../../src/modules/metadata/contract.ts'
import { DependencyUpkeep } from '../../../src/modules/timescape/dependants/dependency-upkeep.ts'
import { DeclaredDependencies } from '../../../src/modules/timescape/dependencies.contract.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { type InsightsRegistry, openInsights } from './open-insights.ts'

let registry: InsightsRegistry
let ada: Principal
let bob: Principal
const v1 = '/v1/artifacts'
const ids = (nodes: readonly { id: string; depth: number }[]) => nodes.map(({ id, depth }) => `${depth} ${id}`)

beforeAll(async () => {
  registry = await openInsights()
  ada = await registry.user('ada')
  bob = await registry.user('bob')
  const { publish } = registry
  // A diamond: app → left, right → base, and a ring behind it: base → ring → base.
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) await publish(ada, `library/base:${version}`, { dependencies: { ring: '^1.0.0' } })
  await publish(ada, 'library/ring:1.0.0', { dependencies: { base: '^1.0.0' } })
  await publish(ada, 'library/left:1.0.0', { dependencies: { base: '^1.0.0' } })
  await publish(ada, 'library/right:1.0.0', { dependencies: { base: '1.0.0' }, optionalDependencies: { spare: '^1.0.0' } })
  await publish(ada, 'library/spare:1.0.0')
  await publish(ada, 'library/app:1.0.0', {
    dependencies: {
      left: '^1',
      right: '^1',
      gone: '^9',
      elsewhere: 'git+https://code.example.org/x.git',
      spare: '^3',
      alias: 'npm:base@^2',
    },
  })
  // In bob's namespace, which nobody else sees.
  await publish(bob, 'bob/secret:1.0.0', { dependencies: { base: '^1.0.0', '@bob/hidden': '^1' } })
  await publish(bob, 'bob/hidden:1.0.0')
  await publish(ada, 'library/open:1.0.0', { dependencies: { '@bob/secret': '^1' } })
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

test('R17.3: a version needs what it needs by way of others, each range answered by the version a client takes', async () => {
  const { status, body } = await registry.get(`${v1}/library/app/-/dependencies`)
  expect(status).toBe(200)
  expect(body.root).toBe('library/app@1.0.0')
  expect(ids(body.nodes).sort()).toEqual(
    [
      ...['0 library/app@1.0.0', '1 library/base@2.0.0', '1 library/left@1.0.0', '1 library/right@1.0.0'],
      ...['2 library/base@1.0.0', '2 library/base@1.1.0', '2 library/ring@1.0.0', '2 library/spare@1.0.0'],
    ].sort(),
  )
  const stateOf = new Map(
    body.edges.map((edge: { from: string; name: string; state: string }) => [`${edge.from} ${edge.name}`, edge.state]),
  )
  expect(stateOf.get('library/app@1.0.0 gone')).toBe('unknown')
  expect(stateOf.get('library/app@1.0.0 elsewhere')).toBe('external')
  expect(stateOf.get('library/app@1.0.0 spare')).toBe('unsatisfied')
  expect([body.cyclic, body.cut]).toEqual([true, false])
})

test('walks are bounded, and say so', async () => {
  const shallow = await registry.get(`${v1}/library/app/-/dependencies?depth=1`)
  expect([shallow.body.nodes.length, shallow.body.cut]).toEqual([4, true])
  const narrow = await registry.get(`${v1}/library/app/-/dependencies?limit=3`)
  expect([narrow.body.nodes.length, narrow.body.cut]).toEqual([3, true])
  const near = await registry.get(`${v1}/library/ring/-/dependants/transitive?depth=1`)
  expect([near.body.cut, near.body.dependants.every(({ depth }: { depth: number }) => depth === 1)]).toEqual([true, true])
  const few = await registry.get(`${v1}/library/base/-/dependants/transitive?limit=1`)
  expect([few.body.dependants.length, few.body.cut]).toEqual([1, true])
  for (const query of ['depth=0', 'depth=21', 'limit=0', 'limit=2001', 'format=tar', 'version='])
    expect((await registry.get(`${v1}/library/base/-/dependencies?${query}`)).status, query).toBe(400)
})

test('P24: a private dependant is neither named nor counted, nor is what is behind it; its owner sees all', async () => {
  const seenBy = async (as?: string) => {
    const { body } = await registry.get(`${v1}/library/base/-/dependants/transitive`, as)
    return [body.dependants.map(({ name, depth }: { name: string; depth: number }) => `${depth} ${name}`).sort(), body.byDepth]
  }
  const everybodys = ['1 app', '1 left', '1 right', '1 ring']
  expect(await seenBy()).toEqual([everybodys, [{ depth: 1, artifacts: 4 }]])
  expect(await seenBy('ada')).toEqual([everybodys, [{ depth: 1, artifacts: 4 }]])
  expect(await seenBy('bob')).toEqual([
    [...everybodys, '1 secret', '2 open'].sort(),
    [
      { depth: 1, artifacts: 5 },
      { depth: 2, artifacts: 1 },
    ],
  ])
  const open = (await registry.get(`${v1}/library/open/-/dependencies`, 'ada')).body
  expect(open.edges).toMatchObject([{ namespace: 'bob', name: 'secret', state: 'unknown', to: null }])
  const own = (await registry.get(`${v1}/library/open/-/dependencies`, 'bob')).body
  expect(ids(own.nodes)).toContain('2 bob/hidden@1.0.0')
  for (const room of ['dependencies', 'dependants/transitive', 'impact', 'health', 'recommendations'])
    expect([
      (await registry.get(`${v1}/bob/secret/-/${room}`)).status,
      (await registry.get(`${v1}/bob/secret/-/${room}`, 'ada')).status,
    ]).toEqual([401, 404])
})

test('dependants of a version are those whose range takes it, with a way to each', async () => {
  const { body } = await registry.get(`${v1}/library/base/-/dependants/transitive?version=1.1.0`)
  expect(body.root).toBe('library/base@1.1.0')
  expect(body.dependants.map(({ path }: { path: string[] }) => path.join(' → ')).sort()).toEqual([
    'library/base@1.1.0 → library/left@1.0.0',
    'library/base@1.1.0 → library/left@1.0.0 → library/app@1.0.0',
    'library/base@1.1.0 → library/ring@1.0.0',
  ])
  expect((await registry.get(`${v1}/library/base/-/dependants/transitive?version=7.0.0`)).status).toBe(404)
})

test('impact: who has no other version to take breaks, and who needs those; what is optional is only lost', async () => {
  const view = async (url: string) => {
    const { body } = await registry.get(url)
    return body.items
      .map(({ name, severity, depth }: { name: string; severity: string; depth: number }) => `${depth} ${name} ${severity}`)
      .sort()
  }
  // left can take 1.1.0, right is bound to 1.0.0.
  expect(await view(`${v1}/library/base/1.0.0/impact`)).toEqual(['1 right breaks', '2 app breaks'])
  expect(await view(`${v1}/library/base/1.1.0/impact`)).toEqual([])
  expect(await view(`${v1}/library/spare/1.0.0/impact`)).toEqual(['1 right degrades'])
  // The ring holds itself up until something in it goes; versions of base that need it go with it.
  expect(await view(`${v1}/library/ring/-/impact`)).toEqual(['1 base breaks', '2 app breaks', '2 left breaks', '2 right breaks'])
  const whole = (await registry.get(`${v1}/library/base/-/impact`, 'bob')).body
  expect(whole).toMatchObject({ root: 'library/base', yanked: ['2.0.0', '1.1.0', '1.0.0'], breaks: 6, degrades: 0, cut: false })
  const [first] = whole.items
  expect(first).toMatchObject({ depth: 1, severity: 'breaks', affectedVersions: 1, offeredVersions: 1, current: true })
  expect((await registry.get(`${v1}/library/base/9.9.9/impact`)).body).toMatchObject({ status: 404, code: 'insights.version_not_offered' })
})

test('impact of a tag is that of the version it points to', async () => {
  const { body: ofVersion } = await registry.get(`${v1}/library/base/2.0.0/impact`)
  const latest = await registry.get(`${v1}/library/base/latest/impact`)
  expect([latest.status, latest.body]).toEqual([200, ofVersion])
  expect((await registry.get(`${v1}/library/base/nowhere/impact`)).body.code).toBe('insights.version_not_offered')
})

test('what is said to break does break: a yank takes the version from every range', async () => {
  const versions = registry.kernel.resolve(Versions)
  const ref = { namespace: 'library', name: 'base' }
  await versions.yank(ada, ref, { version: '1.0.0', reason: 'broken' })
  await registry.settled()
  const { body } = await registry.get(`${v1}/library/right/-/dependencies`)
  expect(body.edges).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'base', state: 'unsatisfied' })]))
  await versions.unyank(ada, ref, '1.0.0')
  await registry.settled()
  const { body: back } = await registry.get(`${v1}/library/right/-/dependencies`)
  expect(back.edges).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'base', state: 'resolved' })]))
})

test('decision 9: agents, templates, plugins and transformers depend on what they refer to, in the own namespace or in library', async () => {
  const { publish, settled, get } = registry
  await publish(ada, 'ada/phi:1.0.0', { as: { format: 'model', type: 'model' } })
  await publish(ada, 'library/router:2.0.0', { as: { format: 'generic', type: 'module-binary' } })
  const generic = (type: 'agent' | 'template' | 'plugin' | 'transformer') => ({ as: { format: 'generic', type } }) as const
  await publish(ada, 'ada/helper:1.0.0', { config: { runtime: 'js', modelReferences: ['phi:1.0.0', 'bob/nope'] }, ...generic('agent') })
  await publish(ada, 'ada/starter:1.0.0', { config: { includesModules: ['router', 'ada/phi:latest'] }, ...generic('template') })
  await publish(ada, 'ada/extra:1.0.0', { requiredModules: ['library/router:2.0.0'], ...generic('plugin') })
  await publish(ada, 'ada/lift:1.0.0', {
    fromArtifact: 'router',
    fromVersion: '1.x',
    toVersion: '2.x',
    transformations: [{ type: 'A', changes: {} }],
    ...generic('transformer'),
  })
  await settled()
  const edges = async (name: string) =>
    (await get(`${v1}/ada/${name}/-/dependencies`, 'ada')).body.edges.map(
      (edge: Record<string, string>) => `${edge['kind']} ${edge['namespace']}/${edge['name']} ${edge['range']} ${edge['state']}`,
    )
  expect(await edges('helper')).toEqual(['model ada/phi 1.0.0 resolved', 'model bob/nope * unknown'])
  expect(await edges('starter')).toEqual(['module ada/phi latest resolved', 'module library/router * resolved'])
  expect(await edges('extra')).toEqual(['module library/router 2.0.0 resolved'])
  expect(await edges('lift')).toEqual(['transformer library/router 1.x || 2.x resolved'])
  const listed = await get(`${v1}/library/router/-/dependants`, 'ada')
  expect(listed.body.items.map(({ name, kind }: { name: string; kind: string }) => `${kind} ${name}`).sort()).toEqual([
    ...['module extra', 'module starter'],
  ])
})

test('an advisory reaches whoever takes an affected version, by way of others; what is said not to matter is believed', async () => {
  const affected = { manifestDigest: 'sha256:0', tags: [], package: 'base', version: '1.1.0', fixedVersion: '2.0.0' }
  const library = { namespace: 'library', format: 'npm' }
  registry.scans.affectedBy.set('CVE-2026-1', [
    { ...affected, ...library, name: 'base', versions: ['1.1.0'], status: 'affected' },
    { ...affected, ...library, name: 'spare', versions: ['1.0.0'], status: 'not_affected' },
  ])
  const { body } = await registry.get('/v1/advisories/CVE-2026-1/blast-radius')
  expect(body.affected).toEqual([{ ...library, name: 'base', versions: ['1.1.0'] }])
  expect(body.dependants.map(({ path }: { path: string[] }) => path.at(-1)).sort()).toEqual([
    ...['library/app@1.0.0', 'library/left@1.0.0', 'library/ring@1.0.0'],
  ])
  expect(body.byDepth).toEqual([
    { depth: 0, artifacts: 1 },
    { depth: 1, artifacts: 2 },
    { depth: 2, artifacts: 1 },
  ])
})

test('versions from before there was an index are caught up, once', async () => {
  await registry.sql`delete from insights_dependencies`
  await registry.sql`update insights_upkeep set indexed = null`
  expect((await registry.get(`${v1}/library/app/-/dependencies`)).body.nodes).toHaveLength(1)
  await registry.keepUp()
  expect((await registry.get(`${v1}/library/app/-/dependencies`)).body.nodes).toHaveLength(8)
})

const indexDeps = () => {
  const { kernel } = registry
  return { database: kernel.resolve(Database), transaction: kernel.resolve(Transaction), declared: kernel.resolve(DeclaredDependencies) }
}

test('rows that another form of the index wrote are replaced when the form changes', async () => {
  const { sql, get } = registry
  const rows = () => sql`select * from insights_dependencies order by version_id, target_namespace, target_name`
  const [tree, written] = [await get(`${v1}/library/app/-/dependencies`), await rows()]
  await sql`update insights_dependencies set range = '^0.0.1', optional = true where target_name = 'base'`
  await sql`insert into insights_dependencies (version_id, artifact_id, target_namespace, target_name, target_format, range, kind, optional)
    select v.id, v.artifact_id, 'library', 'spare', 'npm', '*', 'runtime', false from versions v join artifacts a on a.id = v.artifact_id
    where a.name in ('app', 'ring', 'spare') on conflict do nothing`
  expect(await get(`${v1}/library/app/-/dependencies`)).not.toEqual(tree)
  await sql`update insights_upkeep set form = 0`
  await new DependencyIndexService(indexDeps()).catchUp(new AbortController().signal)
  expect(await rows()).toEqual(written)
})

test('tables of dependencies that were dropped come back with the next start', async () => {
  const { sql, kernel, get } = registry
  const never = new AbortController().signal
  const tree = await get(`${v1}/library/app/-/dependencies`)
  const dependants = await get(`${v1}/library/base/-/dependants`)
  await kernel.resolve(Upkeep).run(never)
  await sql`delete from insights_dependencies`
  await sql`delete from timescape_dependencies`
  const deps = indexDeps()
  await new DependencyIndexService(deps).catchUp(never)
  await new DependencyUpkeep(deps).run(never)
  expect(await get(`${v1}/library/app/-/dependencies`)).toEqual(tree)
  expect(await get(`${v1}/library/base/-/dependants`)).toEqual(dependants)
})
