import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freePort } from '../../support/run-registry.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { expectStatus, parsed } from '../connection.ts'
import { Client, createToken, startRegistry } from '../registry.ts'
import { packTarballs, variant } from '../tarballs.ts'

/** A flush every half second, and what it takes on a machine that does other things. */
const mostLostMs = 1_000

test('R17: a kill loses at most the downloads of the last second, and never counts one twice: in metadata, analytics and metering', async () => {
  await using folder = await temporaryFolder()
  const where = { dataDir: folder.path, port: await freePort() }
  let registry = await startRegistry(where)
  const lost: number[] = []
  try {
    const client = new Client(registry.url, await createToken(registry.url))
    const [tarball] = await packTarballs()
    if (!tarball) throw new Error('nothing was packed')
    const { name } = tarball
    expectStatus(await client.publish(variant(tarball, 1), '1.0.0'), 201)
    const counted = async () => parsed<{ downloads: number }>(expectStatus(await client.call(`/v1/artifacts/admin/${name}`), 200)).downloads
    const metered = async () => {
      const { items } = parsed<{ items: { quantity: number }[] }>(
        expectStatus(await client.call('/v1/usage/admin?by=none&metric=downloads'), 200),
      )
      return items.reduce((sum, { quantity }) => sum + quantity, 0)
    }
    for (let round = 0; round < 3; round += 1) {
      const before = await counted()
      const meteredBefore = await metered()
      const answeredAt: number[] = []
      const loading = [1, 2, 3, 4].map(async () => {
        for (;;) {
          const answer = await client.fetch({ artifact: name, version: '1.0.0' }).catch(() => undefined)
          if (!answer) return
          expectStatus(answer, 200)
          answeredAt.push(performance.now())
        }
      })
      await delay(2_500 + 300 * round)
      const killedAt = performance.now()
      await registry.stop('SIGKILL')
      await Promise.all(loading)
      registry = await startRegistry(where)
      const kept = (await counted()) - before
      const safe = answeredAt.filter((at) => at < killedAt - mostLostMs).length
      lost.push(answeredAt.length - kept)
      expect(kept).toBeGreaterThanOrEqual(safe)
      // Those whose answer the kill cut off may be counted.
      expect(kept).toBeLessThanOrEqual(answeredAt.length + loading.length)
      const meteredNow = (await metered()) - meteredBefore
      expect(meteredNow).toBeGreaterThanOrEqual(safe)
      expect(meteredNow).toBeLessThanOrEqual(answeredAt.length + loading.length)
    }
    const analysed = async () =>
      parsed<{ downloads: number }>(expectStatus(await client.call(`/v1/artifacts/admin/${name}/-/downloads`), 200)).downloads
    // Written with metadata's counts or not at all; rolled up every ten seconds.
    await expect.poll(analysed, { timeout: 30_000, interval: 500 }).toBe(await counted())
    console.log(`lost by three kills: ${lost.join(' ')}`)
  } finally {
    await registry.stop()
  }
})
