import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type ChildScript, runScript } from '../support/child-script.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Answer, expectStatus, mediaType, problemType } from './connection.ts'
import { Client, createToken, startRegistry } from './registry.ts'
import { packTarballs, sha256, type Tarball } from './tarballs.ts'

test('D-19: without Postgres reads and writes are 503 within 2 s and never 2xx; when it is back everything works again', async () => {
  await using folder = await temporaryFolder()
  let postgres = await startPostgres(folder.path)
  onTestFinished(() => postgres.process.kill())
  await using registry = await startRegistry({ env: { DATABASE_URL: postgres.url } })
  const client = new Client(registry.url, await createToken(registry.url))
  const [first, second] = await packTarballs()
  if (!first || !second) throw new Error('npm packed nothing')
  expectStatus(await client.publish(first, '1.0.0'), 201)

  for (let round = 1; round <= 3; round += 1) {
    // While requests are under way, as in life.
    const writing = writeUntilDown(client, second, round)
    await delay(300)
    await postgres.process.kill()
    const acknowledged = await writing
    await expectDown(client, first)
    if (round === 1) await expectNobodyKnown(client)
    postgres = await startPostgres(folder.path)
    await untilReady(client)
    for (const version of acknowledged) await client.verify({ artifact: second.name, version, digest: sha256(second.bytes) })
    await client.verify({ artifact: first.name, version: '1.0.0', digest: sha256(first.bytes) })
    expectStatus(await client.publish(first, `2.0.${round}`), 201)
    console.log(`round ${round}: ${acknowledged.length} publishes acknowledged before Postgres went away`)
  }
  expect(registry.output()).not.toMatch(/uncaught|unhandled/i)
})

interface Postgres {
  readonly url: string
  readonly process: ChildScript
}

/** Killed, its server goes away with it. */
async function startPostgres(dataDir: string): Promise<Postgres> {
  const process = runScript('postgres-starter.ts', dataDir)
  const { url } = JSON.parse(await process.line) as { url: string }
  return { url, process }
}

async function writeUntilDown(client: Client, tarball: Tarball, round: number): Promise<string[]> {
  const acknowledged: string[] = []
  for (let count = 1; ; count += 1) {
    const version = `1.${round}.${count}`
    const answer = await client.publish(tarball, version)
    if (answer.status !== 201) {
      expectUnavailable(answer)
      return acknowledged
    }
    acknowledged.push(version)
  }
}

async function expectDown(client: Client, tarball: Tarball): Promise<void> {
  const path = `/v1/artifacts/admin/${tarball.name}`
  // What was remembered for a few seconds may still be read.
  const until = performance.now() + 15_000
  while ((await client.call(path)).status === 200) {
    if (performance.now() > until) throw new Error('reads are answered from memory for more than 15 s')
    await delay(100)
  }
  const answers = await Promise.all([
    client.call(path),
    client.call('/v1/artifacts/admin'),
    client.call('/v1/tokens'),
    client.publish(tarball, '9.0.0'),
    client.openUpload('other'),
    client.call(`${path}/-/tags/stable`, { method: 'PUT', json: { version: '1.0.0' } }),
    client.call(`${path}/1.0.0`, { method: 'DELETE' }),
    ...Array.from({ length: 40 }, (_, index) => client.publish(tarball, `9.1.${index}`)),
  ])
  for (const answer of answers) expectUnavailable(answer)
  expectStatus(await client.call('/health'), 200)
  const ready = expectStatus(await client.call('/ready'), 503)
  expect(ready.tookMs).toBeLessThan(2_000)
}

/** Once nobody's credential is remembered any more it is not the caller's fault. */
async function expectNobodyKnown(client: Client): Promise<void> {
  await delay(5_100)
  expectUnavailable(await client.call('/v1/auth/whoami'))
}

function expectUnavailable(answer: Answer): void {
  expect([answer.status, mediaType(answer)], answer.body.toString()).toEqual([503, problemType])
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect(answer.tookMs).toBeLessThan(2_500)
}

async function untilReady(client: Client): Promise<void> {
  const until = performance.now() + 10_000
  while ((await client.call('/ready')).status !== 200) {
    if (performance.now() > until) throw new Error('the registry is not ready 10 s after Postgres is back')
    await delay(50)
  }
}
