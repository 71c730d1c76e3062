import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openReceiver, validSignatures } from '../modules/notifications/receiver.ts'
import { startRedisServer } from '../support/redis-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectStatus, parsed } from './connection.ts'
import { Client, createToken, startRegistry } from './registry.ts'

const env = { REGISTRY_OUTBOUND_ALLOW: '["127.0.0.1"]' }
type Receiver = Awaited<ReturnType<typeof openReceiver>>

async function addWebhook(client: Client, url: string): Promise<string> {
  const json = { url, events: ['metadata.version_published'] }
  return parsed<{ secret: string }>(expectStatus(await client.call('/v1/namespaces/admin/webhooks', { method: 'POST', json }), 201)).secret
}

const publish = async (client: Client, version: string): Promise<void> => {
  const bytes = Buffer.from(`version ${version}`)
  expectStatus(await client.publish({ name: 'told', bytes } as Parameters<Client['publish']>[0], version), 201)
}

/** What graph, scans, log and webhook still owe of these versions. */
async function missing(client: Client, receiver: Receiver, versions: readonly string[]): Promise<string[]> {
  const graph = await client.call('/v1/artifacts/admin/told/-/graph')
  const nodes = graph.status === 200 ? parsed<{ nodes: { version: string }[] }>(graph).nodes.map(({ version }) => version) : []
  const owed = versions.filter((version) => !nodes.includes(version)).map((version) => `graph ${version}`)
  for (const version of versions) {
    const scan = await client.call(`/v1/artifacts/admin/told/${version}/scan`)
    if (scan.status !== 200 || parsed<{ status: string }>(scan).status !== 'completed') owed.push(`scan ${version}`)
    if ((await client.call(`/v1/artifacts/admin/told/-/log?version=${version}`)).status !== 200) owed.push(`log ${version}`)
    if (!receiver.received.some(({ body }) => body.includes(`"subject":"admin/told@${version}"`))) owed.push(`webhook ${version}`)
  }
  return owed
}

async function untilNothingIsOwed(client: Client, receiver: Receiver, versions: readonly string[]): Promise<void> {
  const until = performance.now() + 120_000
  for (let owed = await missing(client, receiver, versions); owed.length > 0; owed = await missing(client, receiver, versions)) {
    if (performance.now() > until) throw new Error(`after two minutes still owed: ${owed.join(', ')}`)
    await delay(250)
  }
}

/** Once each: more than one message about a version are tries of one delivery, which have one id. */
function expectOnce({ received }: Receiver, secrets: { readonly secret: string; readonly versions: readonly string[] }): void {
  for (const version of secrets.versions) {
    const about = received.filter(({ body }) => body.includes(`"subject":"admin/told@${version}"`))
    expect(new Set(about.map(({ body }) => (JSON.parse(body) as { id: string }).id)).size, version).toBe(1)
    for (const one of about) expect(validSignatures(one, secrets.secret)).toBe(1)
  }
}

async function expectOneEntryEach(client: Client, versions: readonly string[]): Promise<void> {
  const { items } = parsed<{ items: { kind: string; reference: string }[] }>(
    await client.call('/v1/artifacts/admin/told/-/log/entries?limit=1000'),
  )
  const logged = items.filter(({ kind }) => kind === 'version').map(({ reference }) => reference)
  expect(logged.toSorted()).toEqual(versions.toSorted())
  const { effects } = parsed<{ effects: { dead: number }[] }>(await client.call('/v1/admin/effects'))
  expect(effects.map(({ dead }) => dead)).toEqual(effects.map(() => 0))
}

test('D-29: a registry killed six times while it publishes, scans and tells loses nothing and does nothing twice', async () => {
  await using folder = await temporaryFolder()
  await using receiver = await openReceiver()
  const versions: string[] = []
  let token = ''
  let secret = ''
  for (let round = 0; round < 6; round += 1) {
    const registry = await startRegistry({ dataDir: folder.path, env })
    if (round === 0) token = await createToken(registry.url)
    const client = new Client(registry.url, token)
    if (round === 0) secret = await addWebhook(client, receiver.url)
    for (let index = 0; index < 5; index += 1) {
      const version = `1.${round}.${index}`
      await publish(client, version)
      versions.push(version)
    }
    await delay(round * 150)
    await registry.stop('SIGKILL')
  }
  await using registry = await startRegistry({ dataDir: folder.path, env })
  const client = new Client(registry.url, token)
  await untilNothingIsOwed(client, receiver, versions)
  expectOnce(receiver, { secret, versions })
  await expectOneEntryEach(client, versions)
})

test('D-29: with a Redis that is restarted in the middle everything is scanned, logged and told, once', async () => {
  await using redis = await startRedisServer()
  await using receiver = await openReceiver()
  await using registry = await startRegistry({ env: { ...env, REDIS_URL: redis.url } })
  const client = new Client(registry.url, await createToken(registry.url))
  const secret = await addWebhook(client, receiver.url)
  const versions = Array.from({ length: 12 }, (_, index) => `1.0.${index}`)
  for (const [index, version] of versions.entries()) {
    await publish(client, version)
    if (index === 3) await redis.kill()
    if (index === 8) await redis.start()
  }
  await untilNothingIsOwed(client, receiver, versions)
  expectOnce(receiver, { secret, versions })
  await expectOneEntryEach(client, versions)
})
