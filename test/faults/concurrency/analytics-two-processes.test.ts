import { Agent } from 'node:http'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../../src/shared/testing/test-database.ts'
import { packTarball, publishDocument } from '../../support/npm-package.ts'
import { startRedisServer } from '../../support/redis-server.ts'
import { runSql } from '../../support/run-sql.ts'
import { expectStatus, parsed } from '../connection.ts'
import { Client, createToken, startRegistry } from '../registry.ts'

const total = 10_000
const parallel = 8
const versions = ['1.0.0', '2.0.0'] as const
const rest = (version: string) => `/v1/artifacts/admin/widget/${version}`
const npm = (version: string) => `/npm/@admin/widget/-/widget-${version}.tgz`
/** Both versions by both doors, in the end as often each. */
const paths = versions.flatMap((version) => [rest(version), npm(version)])

interface Numbers {
  readonly downloads: number
  readonly installs: number
  readonly items: readonly Readonly<Record<string, unknown>>[]
}

test('R17: 10,000 downloads by 8 parallel clients through two processes are counted exactly, by version and by door, in metadata and metering too', async () => {
  await using database = await createTestDatabase(process.env['GATI_TEST_TEMPLATE'])
  await using redis = await startRedisServer()
  // All clients are one account here, whose requests both processes count together in Redis: within a minute they have to fit.
  const env = { DATABASE_URL: database.url, REDIS_URL: redis.url, REGISTRY_RATE_LIMIT_MAX: String(2 * total) }
  await using first = await startRegistry({ env })
  await using second = await startRegistry({ env, dataDir: first.dataDir })
  const token = await createToken(first.url)
  const readers = [new Client(first.url, token), new Client(second.url, token)] as const
  for (const version of versions) await publish(readers[0], version)

  const began = performance.now()
  await Promise.all(Array.from({ length: parallel }, (_, index) => download(readers[index % 2 === 0 ? 0 : 1], index)))
  console.log(`${total} downloads took ${Math.round(performance.now() - began)} ms`)

  const read = async <T>(path: string, reader: Client = readers[0]) => parsed<T>(expectStatus(await reader.call(path), 200))
  const artifact = '/v1/artifacts/admin/widget'
  // Written within half a second, rolled up within ten more.
  await expect.poll(async () => (await read<Numbers>(artifact)).downloads, { timeout: 10_000 }).toBeGreaterThanOrEqual(total)
  const analysed = async () => (await read<Numbers>(`${artifact}/-/downloads`)).downloads
  await expect.poll(analysed, { timeout: 30_000, interval: 500 }).toBeGreaterThanOrEqual(total)

  const half = total / 2
  const sums = { downloads: total, installs: half }
  for (const reader of readers) {
    expect(await read(artifact, reader)).toMatchObject({ downloads: total })
    expect(await read(`${artifact}/-/downloads`, reader)).toMatchObject(sums)
    const byVersion = await read<Numbers>(`${artifact}/-/downloads/versions`, reader)
    expect(byVersion).toMatchObject(sums)
    expect(byVersion.items).toEqual(
      expect.arrayContaining(versions.map((version) => ({ version, downloads: half, installs: half / 2, share: 0.5 }))),
    )
    const byDoor = await read<Numbers>(`${artifact}/-/downloads/doors`, reader)
    expect(byDoor).toMatchObject(sums)
    expect(byDoor.items).toEqual(
      expect.arrayContaining([
        { door: 'npm', downloads: half, installs: half, share: 0.5 },
        { door: 'rest', downloads: half, installs: 0, share: 0.5 },
      ]),
    )
    const metered = await read<{ items: { quantity: number }[] }>('/v1/usage/admin?by=none&metric=downloads', reader)
    expect(metered.items.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(total)
  }
  const ofDays = await runSql<{ version: string; count: number }>(
    database.url,
    'select v.version, sum(c.count)::int as count from download_counts c join versions v on v.id = c.version_id group by 1 order by 1',
  )
  expect(ofDays).toEqual(versions.map((version) => ({ version, count: half })))
})

async function publish(client: Client, version: string): Promise<void> {
  const manifest = { name: '@admin/widget', version }
  const json = publishDocument(manifest, await packTarball(manifest))
  expectStatus(await client.call('/npm/@admin%2fwidget', { method: 'PUT', json }), 200, 201)
}

/** One request after the other on one connection, beginning with another path than the client before. */
async function download(client: Client, begin: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    for (let at = begin; at < begin + total / parallel; at += 1) {
      const path = paths[at % paths.length] ?? ''
      const answer = await client.call(path, { agent, headers: { 'user-agent': 'npm/11.0.0 node/v24.0.0' } })
      if (expectStatus(answer, 200).body.length === 0) throw new Error(`${path} had no bytes`)
    }
  } finally {
    agent.destroy()
  }
}
