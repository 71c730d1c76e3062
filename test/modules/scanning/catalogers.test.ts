import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogers } from '../../../src/modules/scanning/catalogers/index.ts'
import { cataloged } from './open-scanning.ts'
import { berkeleyOf, goBinaryOf, ndbOf, rpmHeaderOf } from './package-databases.ts'
import { zipOf } from './zip-of.ts'

test('D-36: whatever lies there, nothing is thrown', async () => {
  const sqlite = Buffer.from(`SQLite format 3\0${'\x10\x00'}`.padEnd(4_096, '\x05'), 'latin1')
  const seeds = [
    sqlite,
    ndbOf([rpmHeaderOf({ name: 'a', version: '1', release: '1' })]),
    berkeleyOf([rpmHeaderOf({ name: 'a', version: '1', release: '1' })]),
    goBinaryOf('go1.21', 'dep\ta\tv1'),
    zipOf([{ name: 'META-INF/MANIFEST.MF', content: 'x' }]),
  ]
  const paths = [
    'package.json',
    'package-lock.json',
    'yarn.lock',
    'pnpm-lock.yaml',
    'var/lib/dpkg/status',
    'lib/apk/db/installed',
    'var/lib/rpm/rpmdb.sqlite',
    'var/lib/rpm/Packages',
    'var/lib/rpm/Packages.db',
    'x.dist-info/METADATA',
    'requirements.txt',
    'poetry.lock',
    'bin/x',
    'go.mod',
    'go.sum',
    'x.jar',
    'specifications/x.gemspec',
    'Gemfile.lock',
    'Cargo.lock',
    'composer.lock',
    'vendor/composer/installed.json',
  ]
  for (const path of paths) expect([path, catalogers.filter((each) => each.wants(path)).length]).toEqual([path, 1])
  const damaged = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(9_000), fc.nat(255)), { maxLength: 20 }))
    .map(([seed, changes]) => {
      const bytes = Buffer.from(seed)
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      return bytes
    })
  const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)))
  fc.assert(
    fc.property(
      fc.constantFrom(...paths),
      fc.oneof(
        damaged,
        json,
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      ),
      (path, content) => {
        for (const { purl, name, version } of cataloged(new Map([[path, content]])))
          expect([purl.startsWith('pkg:'), name === '', version === '']).toEqual([true, false, false])
      },
    ),
    { numRuns: 1_000 },
  )
})
