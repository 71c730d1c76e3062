import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runProgram } from '../support/run-program.ts'
import { freePort, type RunningRegistry, root } from '../support/run-registry.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectStatus, parsed } from './connection.ts'
import { PublishingClient } from './publishing-client.ts'
import { Client, createToken, dist, type Published, startRegistry } from './registry.ts'
import { packTarballs, sha256, type Tarball } from './tarballs.ts'

const kills = 30
const env = { REGISTRY_ARTIFACTS_GC_GRACE_SECONDS: '20', REGISTRY_ARTIFACTS_GC_INTERVAL_SECONDS: '2' }

test(`D-1 D-2 D-4 D-11: ${kills} kills during publishes lose nothing acknowledged and show nothing half done`, async () => {
  await using folder = await temporaryFolder()
  const tarballs = await packTarballs()
  const where = { dataDir: folder.path, port: await freePort(), env }
  let registry = await startRegistry(where)
  try {
    const token = await createToken(registry.url)
    const client = new Client(registry.url, token)
    const acknowledged: Published[] = []
    const publishers = [1, 2, 3, 4].map((number) => new PublishingClient({ client, tarballs, acknowledged, number }))
    const restarts: number[] = []
    let checked = 0
    for (let round = 1; round <= kills; round += 1) {
      await delay(100 + Math.random() * 1_400)
      const restart = await killAndRestart(registry, where)
      registry = restart.registry
      restarts.push(Math.round(restart.tookMs))
      await publishAtFirstTry(client, tarballs, round)
      for (const publisher of publishers) publisher.check()
      const since = acknowledged.slice(checked)
      await verifyAll(client, since)
      checked += since.length
      if (round % 10 === 0) await fetchListed(client)
    }
    await Promise.all(publishers.map((publisher) => publisher.stop()))
    await verifyAll(client, acknowledged)
    const listed = await fetchListed(client)
    console.log(`${acknowledged.length} acknowledged, ${listed} listed; restarts in ms: ${restarts.sort((a, b) => a - b).join(' ')}`)
    expect(acknowledged.length).toBeGreaterThan(kills)
    expect(Math.max(...restarts)).toBeLessThan(10_000)
  } finally {
    await registry.stop()
  }
  await expectSound(folder.path)
})

test('D-1: a kill loses the download counts of the last second at most', async () => {
  await using folder = await temporaryFolder()
  const [tarball] = await packTarballs()
  if (!tarball) throw new Error('npm packed nothing')
  const where = { dataDir: folder.path, port: await freePort() }
  let registry = await startRegistry(where)
  try {
    const client = new Client(registry.url, await createToken(registry.url))
    expectStatus(await client.publish(tarball, '1.0.0'), 201)
    let older = 0
    for (let round = 0; round < 3; round += 1) {
      const finished = download(client, tarball.name)
      await delay(2_000 + Math.random() * 1_000)
      const killedAt = performance.now()
      registry = (await killAndRestart(registry, where)).registry
      const times = await finished
      // A tenth of a second on top for the statement that was on its way.
      older += times.filter((time) => time < killedAt - 1_100).length
      const { downloads } = parsed<{ downloads: number }>(expectStatus(await client.call(`/v1/artifacts/admin/${tarball.name}`), 200))
      expect(downloads).toBeGreaterThanOrEqual(older)
      console.log(`${times.length} downloads, ${older} older than a second so far, ${downloads} counted`)
    }
  } finally {
    await registry.stop()
  }
})

interface Place {
  readonly dataDir: string
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
}

async function killAndRestart(registry: RunningRegistry, where: Place): Promise<{ registry: RunningRegistry; tookMs: number }> {
  await registry.stop('SIGKILL')
  const began = performance.now()
  const restarted = await startRegistry(where)
  return { registry: restarted, tookMs: performance.now() - began }
}

async function publishAtFirstTry(client: Client, tarballs: readonly Tarball[], round: number): Promise<void> {
  const tarball = tarballs[round % tarballs.length]
  if (!tarball) throw new Error('npm packed nothing')
  const version = `2.0.${round}`
  expectStatus(await client.publish(tarball, version), 201)
  await client.verify({ artifact: tarball.name, version, digest: sha256(tarball.bytes) })
}

async function verifyAll(client: Client, all: readonly Published[]): Promise<void> {
  for (let next = 0; next < all.length; next += 8) await Promise.all(all.slice(next, next + 8).map((one) => client.verify(one)))
}

/** Whatever is listed can be fetched and has the bytes its ETag names. */
async function fetchListed(client: Client): Promise<number> {
  const listed = await client.listed()
  for (let next = 0; next < listed.length; next += 8) {
    await Promise.all(
      listed.slice(next, next + 8).map(async (one) => {
        const { headers, body } = expectStatus(await client.fetch(one), 200)
        expect(headers['docker-content-digest']).toBe(sha256(body))
      }),
    )
  }
  return listed.length
}

/** Downloads until the connection is cut. Resolves with the times at which a whole download had arrived. */
async function download(client: Client, artifact: string): Promise<number[]> {
  const times: number[] = []
  const one = async (): Promise<void> => {
    for (;;) {
      const answer = await client.fetch({ artifact, version: '1.0.0' }).catch(() => undefined)
      if (answer?.status !== 200) return
      times.push(performance.now())
    }
  }
  await Promise.all([one(), one(), one()])
  return times
}

async function expectSound(dataDir: string): Promise<void> {
  const settings = { REGISTRY_DATA_DIR: dataDir, REGISTRY_ARTIFACTS_GC_GRACE_SECONDS: '1', REGISTRY_ARTIFACTS_GC_INTERVAL_SECONDS: '1' }
  const run = (command: string) =>
    runProgram([process.execPath, `${dist}/src/cli/main.js`, command, '--json'], { cwd: root, env: settings })
  await delay(4_000)
  console.log(`gc: ${(await run('gc')).stdout.trim()}`)
  const { errors, checked } = JSON.parse((await run('fsck')).stdout)
  console.log(`fsck: ${JSON.stringify(checked)}`)
  expect(errors).toEqual([])
}
