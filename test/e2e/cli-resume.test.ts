import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCountingProxy } from '../support/counting-proxy.ts'
import { cliOf } from '../support/run-cli.ts'
import { runRegistry } from '../support/run-registry.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

const mebibyte = 1_048_576
const sizeBytes = 200 * mebibyte

let folder: TemporaryFolder
let file: string

beforeAll(async () => {
  folder = await temporaryFolder()
  file = join(folder.path, 'large.bin')
  await pipeline(Readable.from(pseudoRandom()), createWriteStream(file))
})

afterAll(() => folder?.[Symbol.asyncDispose]())

function* pseudoRandom() {
  for (let index = 0; index < 200; index++) {
    const seed = createHash('sha512').update(`block ${index}`).digest()
    const block = Buffer.alloc(mebibyte, seed)
    block.writeUInt32LE(index)
    yield block
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}

interface Published {
  readonly files: [{ readonly digest: string; readonly sentBytes: number }]
}

test('an upload whose sender was killed goes on where it was when the command is typed again', async () => {
  await using registry = await runRegistry()
  await using proxy = await startCountingProxy(registry.port)
  const cli = cliOf(join(folder.path, 'killed-sender'), proxy.url)
  await cli.login()
  const command = ['publish', 'admin/large@1.0.0', file]

  const reached = proxy.holdAfter(80 * mebibyte)
  const first = cli.start(command)
  await reached
  first.child.kill('SIGKILL')
  expect((await first.result).code).toBeNull()
  proxy.release()
  proxy.takeSent()

  const published = await cli.json<Published>(command)
  const sent = proxy.takeSent()
  expect(sent).toBeGreaterThan(100 * mebibyte)
  expect(sent).toBeLessThan(150 * mebibyte)
  expect(published.files[0]).toMatchObject({ digest: await digestOf(file), sentBytes: expect.any(Number) })
  const out = join(folder.path, 'out-1')
  await cli.json(['fetch', 'admin/large', '-o', out])
  expect(await digestOf(out)).toBe(await digestOf(file))
})

test('an upload goes on after the server was killed and started again (D-11)', async () => {
  await using data = await temporaryFolder()
  const first = await runRegistry({ dataDir: data.path })
  await using proxy = await startCountingProxy(first.port)
  const cli = cliOf(join(folder.path, 'killed-server'), proxy.url)
  await cli.login()
  const command = ['publish', 'admin/large@1.0.0', file]

  const reached = proxy.holdAfter(120 * mebibyte)
  const cut = cli.start(command)
  await reached
  await first.stop('SIGKILL')
  proxy.release()
  const { code, stderr } = await cut.result
  expect(code).toBe(1)
  expect(stderr).toContain('run the same command again to resume')

  await using second = await runRegistry({ dataDir: data.path, port: first.port })
  proxy.takeSent()
  const { code: again, stderr: notes } = await cli.run(command)
  expect([again, notes]).toEqual([0, expect.stringMatching(/^resuming at byte \d+\n$/)])
  expect(proxy.takeSent()).toBeLessThan(120 * mebibyte)
  const out = join(folder.path, 'out-2')
  await cli.json(['fetch', 'admin/large', '-o', out])
  expect(await digestOf(out)).toBe(await digestOf(file))
  const report = await cli.json<{ errors: unknown[] }>(['fsck'], { env: { REGISTRY_DATA_DIR: second.dataDir } })
  expect(report.errors).toEqual([])
})

test('a download whose receiver was killed goes on where it was', async () => {
  await using registry = await runRegistry()
  const cli = cliOf(join(folder.path, 'killed-receiver'), registry.url)
  await cli.login()
  await cli.json(['publish', 'admin/large@1.0.0', file])
  const out = join(folder.path, 'out-3')
  const first = cli.start(['fetch', 'admin/large', '-o', out])
  const kept = () =>
    stat(`${out}.part`).then(
      ({ size }) => size,
      () => 0,
    )
  await expect.poll(kept, { interval: 2, timeout: 20_000 }).toBeGreaterThan(mebibyte)
  first.child.kill('SIGKILL')
  await first.result
  const before = await kept()
  const { files } = await cli.json<{ files: [{ receivedBytes: number }] }>(['fetch', 'admin/large', '-o', out])
  expect(files[0].receivedBytes).toBe(sizeBytes - before)
  expect(await digestOf(out)).toBe(await digestOf(file))
})
