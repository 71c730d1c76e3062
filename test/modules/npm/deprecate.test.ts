import { afterAll, beforeAll, expect, test } from 'vitest'
import { Catalog, Versions } from '../../../src/modules/metadata/contract.ts'
import { Changes, Ownership, Stars } from '../../../src/modules/metadata/packages.contract.ts'
import { applyPackumentChange } from '../../../src/modules/npm/changes/apply-packument.ts'
import type { PackumentChange } from '../../../src/modules/npm/changes/packument-change.ts'
import { packageRef } from '../../../src/modules/npm/package-ref.ts'
import { Packuments } from '../../../src/modules/packuments/contract.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { openPackages, type Packages } from './open-packages.ts'

let registry: Packages
let ada: Principal
let bob: Principal
beforeAll(async () => {
  registry = await openPackages()
  ada = await registry.user('ada')
  bob = await registry.user('bob')
})
afterAll(() => registry[Symbol.asyncDispose]())

/** What `PUT /<package>` without a tarball does. */
function apply(
  caller: Principal,
  name: string,
  change: Omit<PackumentChange, 'versions'> & { versions?: Record<string, string | undefined> },
) {
  const { resolve } = registry.kernel
  const deps = {
    ...{ changes: resolve(Changes), versions: resolve(Versions), catalog: resolve(Catalog) },
    ...{ ownership: resolve(Ownership), stars: resolve(Stars), packuments: resolve(Packuments) },
  }
  const versions = new Map(Object.entries(change.versions ?? {}))
  return applyPackumentChange({ principal: caller, ref: packageRef(name) }, { ...change, versions }, deps)
}
const standingOf = async (name: string) => {
  const { kernel, catalog } = registry
  const standings = await kernel.resolve(Changes).standings(await catalog.locate(ada, packageRef(name), 'read'))
  return Object.fromEntries(standings.map(({ version, deprecation }) => [version, deprecation]))
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'fulfilled',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
  )

test('a document with other deprecations changes those and nothing else, and an empty text takes one back', async () => {
  await registry.publish(ada, '@ada/widget', '1.0.0', '1.1.0', '2.0.0')
  await apply(ada, '@ada/widget', {
    _rev: await registry.revOf('@ada/widget'),
    versions: { '1.0.0': 'old', '1.1.0': 'old', '2.0.0': undefined },
  })
  expect(await standingOf('@ada/widget')).toEqual({ '1.0.0': 'old', '1.1.0': 'old', '2.0.0': null })
  const rev = await registry.revOf('@ada/widget')
  await apply(ada, '@ada/widget', { _rev: rev, versions: { '1.0.0': 'old', '1.1.0': '', '2.0.0': undefined } })
  expect(await standingOf('@ada/widget')).toEqual({ '1.0.0': 'old', '1.1.0': null, '2.0.0': null })
  const { rows } = {
    rows: await registry.sql<{ action: string }>`select action from audit_log where action like 'version.%deprecated' order by at, id`,
  }
  expect(rows.map(({ action }) => action)).toEqual(['version.deprecated', 'version.deprecated', 'version.undeprecated'])
})

test('a document that says nothing new changes nothing, not even the revision', async () => {
  const rev = await registry.revOf('@ada/widget')
  await apply(ada, '@ada/widget', { _rev: rev, versions: { '1.0.0': 'old', '1.1.0': undefined, '2.0.0': undefined } })
  expect(await registry.revOf('@ada/widget')).toBe(rev)
})

test('D-6: of two changes of one revision the second is told to read again', async () => {
  const rev = await registry.revOf('@ada/widget')
  const outcomes = await Promise.all(
    ['a', 'b'].map((text) => codeOf(apply(ada, '@ada/widget', { _rev: rev, versions: { '2.0.0': text } }))),
  )
  expect(outcomes.toSorted()).toEqual(['fulfilled', 'metadata.artifact_changed'])
  for (const stale of [rev, 'undefined', '1', '', `999-${'0'.repeat(32)}`])
    expect(await codeOf(apply(ada, '@ada/widget', { _rev: stale, versions: { '1.0.0': 'x' } })), stale).toBe('metadata.artifact_changed')
  expect(await standingOf('@ada/widget')).toMatchObject({ '1.0.0': 'old' })
})

test('a version that is not there refuses the whole document', async () => {
  const versions = { '1.1.0': 'half', '7.0.0': undefined }
  expect(await codeOf(apply(ada, '@ada/widget', { versions }))).toBe('npm.change_invalid')
  expect(await codeOf(apply(ada, '@ada/widget', { versions: { '1.1.0': 'x'.repeat(1_001) } }))).toBe('npm.change_invalid')
  expect(await codeOf(apply(ada, '@ada/widget', { versions: { '1.1.0': 'nul\0' } }))).toBe('npm.change_invalid')
  expect(await codeOf(apply(ada, '@ada/widget', {}))).toBe('npm.change_invalid')
  expect(await standingOf('@ada/widget')).toMatchObject({ '1.1.0': null })
})

test('what is yanked comes back in a document as deprecated, and stays as it is', async () => {
  await registry.publish(ada, '@ada/yanked', '1.0.0', '1.0.1')
  await registry.kernel.resolve(Versions).yank(ada, packageRef('@ada/yanked'), { version: '1.0.0', reason: 'leaks' })
  await apply(ada, '@ada/yanked', { versions: { '1.0.0': 'yanked: leaks', '1.0.1': 'use another' } })
  expect(await standingOf('@ada/yanked')).toEqual({ '1.0.0': null, '1.0.1': 'use another' })
})

test('D-13: a stranger learns nothing, and a reader may not deprecate', async () => {
  await registry.publish(ada, 'left-pad', '1.0.0')
  expect(await codeOf(apply(bob, '@ada/widget', { versions: { '1.0.0': 'x' } }))).toBe('metadata.artifact_not_found')
  expect(await codeOf(apply(bob, '@ada/nothing', { versions: { '1.0.0': 'x' } }))).toBe('metadata.artifact_not_found')
  expect(await codeOf(apply(bob, 'left-pad', { versions: { '1.0.0': 'x' } }))).toBe('auth.forbidden')
})

test('stars: a document with users alone stars for the caller, whoever else is in it', async () => {
  await apply(bob, 'left-pad', { _rev: await registry.revOf('left-pad'), users: { bob: true, ada: true } })
  const starred = await registry.sql<{ stars: number }>`select stars from artifacts where name = 'left-pad'`
  expect(starred).toEqual([{ stars: 1 }])
  await apply(bob, 'left-pad', { users: { ada: true } })
  expect(await registry.sql`select stars from artifacts where name = 'left-pad'`).toEqual([{ stars: 0 }])
  // A deprecation sends users back as well, or leaves them out: no star comes or goes.
  await apply(bob, 'left-pad', { users: { bob: true } })
  await apply(ada, 'left-pad', { versions: { '1.0.0': 'x' }, users: { ada: true } })
  expect(await registry.sql`select stars from artifacts where name = 'left-pad'`).toEqual([{ stars: 1 }])
})
