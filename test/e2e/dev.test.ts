import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { copyRepository } from '../support/copy-repository.ts'
import { startNode } from '../support/node-process.ts'
import { adminPassword, cleanEnvironment, type RunningRegistry, root, runRegistry } from '../support/run-registry.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`

async function publish(
  { url }: RunningRegistry,
  version: string,
  body: NonNullable<RequestInit['body']> = `bytes of ${version}`,
): Promise<number> {
  const headers = { authorization, 'content-type': 'application/octet-stream' }
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' }
  const answer = await fetch(`${url}/v1/artifacts/admin/widget/${version}`, init)
  return answer.status
}

test('npm run dev answers again within 3 s after a save, and SIGTERM ends it with 0', async () => {
  await using folder = await temporaryFolder()
  const cwd = join(folder.path, 'repository')
  await copyRepository(cwd)
  await using dev = await runRegistry({ command: ['npm', 'run', 'dev'], cwd })
  const starts = () => dev.output().split('Gati Registry is ready at').length - 1

  const seconds: number[] = []
  for (const file of ['src/app.ts', 'src/modules/auth/module.ts', 'src/shared/kernel/kernel.ts']) {
    const before = starts()
    const saved = performance.now()
    await appendFile(join(cwd, file), '\n')
    await expect.poll(starts, { interval: 20, timeout: 20_000 }).toBe(before + 1)
    seconds.push((performance.now() - saved) / 1_000)
    expect((await fetch(`${dev.url}/ready`)).status).toBe(200)
  }
  process.stdout.write(`restarts took ${seconds.map((each) => each.toFixed(2)).join(', ')} s\n`)
  // The middle one: other work on the machine may slow one of them down.
  expect(seconds.toSorted((a, b) => a - b)[1]).toBeLessThan(3)
  expect(await dev.stop()).toBe(0)
})

test('npm start ends with 0 on SIGTERM and finishes what it was doing', async () => {
  await using registry = await runRegistry({ command: ['npm', 'start'] })
  const { promise: stopping, resolve: stop } = Promise.withResolvers<number | null>()
  async function* body() {
    yield 'the first half, '
    await delay(300)
    stop(registry.stop())
    await delay(300)
    yield 'the second half'
  }
  const status = await publish(registry, '1.0.0', Readable.toWeb(Readable.from(body())) as ReadableStream<Uint8Array>)
  const code = await stopping
  expect([code, status]).toEqual([0, 201])
})

test('a worker and a second server share the data directory of the first, and their end does not disturb it (D-28)', async () => {
  await using first = await runRegistry()
  const { dataDir } = first
  expect(await publish(first, '1.0.0')).toBe(201)

  const env = { ...cleanEnvironment(), REGISTRY_DATA_DIR: dataDir }
  await using worker = startNode([join(root, 'dist/src/cli/main.js'), 'worker'], { cwd: root, env })
  await worker.match(/ready at/)
  const second = await runRegistry({ dataDir })
  expect(await publish(second, '1.1.0')).toBe(201)
  expect(await publish(first, '1.1.0')).toBe(409)

  worker.signal('SIGTERM')
  expect(await worker.exited).toBe(0)
  expect(await publish(first, '1.2.0')).toBe(201)
  expect(await second.stop()).toBe(0)
  expect(await publish(first, '1.3.0')).toBe(201)
  expect((await fetch(`${first.url}/ready`)).status).toBe(200)
})

test('a second server that is killed leaves the first one its database', async () => {
  await using first = await runRegistry()
  const second = await runRegistry({ dataDir: first.dataDir })
  await second.stop('SIGKILL')
  expect(await publish(first, '1.0.0')).toBe(201)
})
