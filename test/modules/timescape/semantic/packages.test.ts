import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../../../src/modules/timescape/change.ts'
import { comparePackages } from '../../../../src/modules/timescape/semantic/npm/compare-package.ts'
import type { PackageContent } from '../../../../src/modules/timescape/semantic/npm/read-package.ts'
import { bumpOf, Changes } from '../../../../src/modules/timescape/semantic/report.ts'

const names = ['index.js', 'index.mjs', 'a.cjs', 'b.mjs', 'lib/c.js', 'lib/d.js', 'data.json']
const content = (manifest: object, files: readonly string[] = names): PackageContent => ({
  manifest: { name: 'sample', version: '1.0.0', ...manifest },
  files: new Map(files.map((name) => [name, name])),
  texts: new Map([['package.json', JSON.stringify({ name: 'sample', ...manifest })]]),
  isCut: false,
})
function compare(before: PackageContent, after: PackageContent): readonly Change[] {
  const changes = new Changes()
  comparePackages({ before, after }, changes.add)
  return changes.list
}

const file = fc.constantFrom(...names).map((name) => `./${name}`)
const condition = fc.constantFrom('import', 'require', 'node', 'default', 'browser', 'types', 'deno')
const { target } = fc.letrec<{ target: unknown }>((tie) => ({
  target: fc.oneof(
    { maxDepth: 3 },
    file,
    fc.dictionary(condition, tie('target'), { minKeys: 1, maxKeys: 3 }),
    fc.array(tie('target'), { minLength: 1, maxLength: 2 }),
  ),
}))
const subpath = fc.constantFrom('.', './a', './b', './c.js', './lib/c', './data.json')
const exportsMap = fc.dictionary(subpath, target, { minKeys: 1, maxKeys: 5 })
const range = fc.constantFrom('*', '>=18', '^1.2.3', '1 || 2', '~0.4', 'latest', 'not a range', '>=20 <23')
const manifest = fc.record(
  {
    ...{
      exports: fc.oneof(exportsMap, file),
      type: fc.constantFrom('module', 'commonjs'),
      main: file,
      bin: fc.oneof(file, fc.dictionary(fc.constantFrom('x', 'y'), file)),
    },
    ...{
      engines: fc.dictionary(fc.constantFrom('node', 'npm'), range),
      os: fc.subarray(['linux', '!win32', 'darwin']),
      cpu: fc.constantFrom('x64', ['arm64']),
    },
    ...{ peerDependencies: fc.dictionary(fc.constantFrom('p', 'q'), range), peerDependenciesMeta: fc.constant({ p: { optional: true } }) },
    ...{ dependencies: fc.dictionary(fc.constantFrom('d', 'e'), range), module: file, license: fc.constant('MIT') },
  },
  { requiredKeys: [] },
)

describe('P7: packages', () => {
  test('that are the same are no change', () => {
    fc.assert(
      fc.property(manifest, (of) => {
        expect(compare(content(of), content(structuredClone(of)))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('with one subpath more are never breaking', () => {
    fc.assert(
      fc.property(exportsMap, target, (exports, added) => {
        const changes = compare(content({ exports }), content({ exports: { ...exports, './added': added } }))
        expect(['none', 'minor']).toContain(bumpOf(changes))
      }),
      { numRuns: 300 },
    )
  })

  test('with one subpath less are always breaking', () => {
    fc.assert(
      fc.property(exportsMap, file, (exports, gone) => {
        const changes = compare(content({ exports: { ...exports, './gone': gone } }), content({ exports }))
        expect(changes).toContainEqual(expect.objectContaining({ rule: 'export-removed', bump: 'major', path: '/exports/.~1gone' }))
      }),
      { numRuns: 300 },
    )
  })

  test.each<[string, object]>([
    [
      'lists where texts belong',
      { exports: [[['./index.js']]], bin: ['x'], engines: ['node'], peerDependencies: 'x', main: 7, os: { a: 1 } },
    ],
    [
      'null where objects belong',
      { exports: null, bin: null, engines: null, peerDependencies: null, peerDependenciesMeta: null, directories: null },
    ],
    [
      'names of prototypes',
      { exports: { './__proto__': './index.js', './constructor': { toString: './index.js' } }, bin: { constructor: 'index.js' } },
    ],
    ['patterns without end', { exports: Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`./${n}/*`, './lib/*'])) }],
    [
      'endless ranges',
      { engines: { node: Array.from({ length: 20_000 }, (_, n) => `${n}.x`).join(' || ') }, peerDependencies: { p: '^'.repeat(10_000) } },
    ],
  ])('%s are read as far as they make sense', (_what, odd) => {
    const plain = content({ exports: './index.js', engines: { node: '>=18' }, peerDependencies: { p: '^1' } })
    const started = performance.now()
    expect(compare(plain, content(odd)).length + compare(content(odd), plain).length).toBeGreaterThan(0)
    expect(compare(content(odd), content(odd))).toEqual([])
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

const openFiles = { main: './index.js' }
test.each<[string, readonly string[], string]>([
  ['a file beside the main one', ['index.js', 'extra.js'], 'major file-removed /files/extra.js'],
  ['a file of the build', ['index.js', 'lib/extra.js'], 'minor file-removed /files/lib~1extra.js'],
])('without an exports map %s can be asked for', (_what, files, expected) => {
  const told = compare(content(openFiles, files), content(openFiles, ['index.js'])).map(({ bump, rule, path }) => `${bump} ${rule} ${path}`)
  expect(told).toContain(expected)
})

test.each([
  { before: '>= 0.6', after: '>= 0.8', bump: 'major', lost: ': 0.6, 0.7 will no longer do' },
  { before: '>=0.10', after: '>=0.10.26', bump: 'minor', lost: '' },
  { before: '0.10 || 4', after: '4', bump: 'major', lost: ': 0 will no longer do' },
])('R11.2: before 1.0.0 minors of an engine are its release lines: $before, then $after', ({ before, after, bump, lost }) => {
  const [change] = compare(content({ engines: { node: before } }), content({ engines: { node: after } }))
  expect(change).toMatchObject({ rule: 'engine-narrowed', bump, message: `node was ${before}, is ${after}${lost}` })
})

test('tests and internals are for nobody else', () => {
  const before = content(openFiles, ['index.js', 'test/a.js', '_inner.js', 'internal/b.js', 'README.md'])
  expect(compare(before, content(openFiles, ['index.js'])).map(({ rule }) => rule)).toEqual(['content-changed'])
})

test('a subpath that was a file before there was an exports map is nothing new', () => {
  const before = content({ main: './index.js' }, ['index.js', 'extra.js'])
  const after = content({ exports: { '.': './index.js', './extra.js': './extra.js' } }, ['index.js', 'extra.js'])
  expect(bumpOf(compare(before, after))).toBe('minor')
  expect(compare(before, after).map(({ rule }) => rule)).toEqual(['exports-map-hides-files'])
})

test('every rule is in the tables of docs/semantic-diff.md', async () => {
  const documented = await readFile('docs/semantic-diff.md', 'utf8')
  const folder = 'src/modules/timescape/semantic'
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const sources = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
  const rules = new Set(
    sources.flatMap((text) =>
      [
        ...text.matchAll(
          /'((?:[a-z]+-)+(?:added|removed|changed|narrowed|widened|dropped|undecided|unresolved|unreadable|broken|files|root|required|optional|readonly|abstract|cut|introduced|replaced|updated))'/g,
        ),
      ].map(([, rule]) => rule),
    ),
  )
  expect(rules.size).toBeGreaterThan(90)
  expect([...rules].filter((rule) => !documented.includes(`\`${rule}\``))).toEqual([])
})

test('of too many differences the gravest are kept, and none is long', () => {
  const changes = new Changes()
  for (let n = 0; n < 1_500; n += 1)
    changes.add({
      path: `/${n}`,
      rule: 'x',
      bump: n < 700 ? 'patch' : 'major',
      message: 'm'.repeat(9_000),
      before: Array.from({ length: 5_000 }, () => n),
    })
  const { list } = changes
  expect(list).toHaveLength(1_001)
  expect(list.filter(({ bump }) => bump === 'major')).toHaveLength(800)
  expect(list.at(-1)).toMatchObject({ rule: 'changes-cut', bump: 'none', message: '500 more changes are not listed' })
  expect(Buffer.byteLength(JSON.stringify(list))).toBeLessThan(1_300_000)
})
