import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type NodeProcess, startNode } from '../../support/node-process.ts'
import { freePort, type RunningRegistry, root } from '../../support/run-registry.ts'
import { expectStatus } from '../connection.ts'
import { Client, createToken, dist, startRegistry } from '../registry.ts'
import { packTarballs, sha256 } from '../tarballs.ts'
import { Traffic } from '../traffic.ts'

const servers = ['worker', 'dev', 'start'] as const
const tools = ['gc', 'fsck'] as const

test('issue 2: a second process on the data directory, whatever it is and however it ends, never disturbs the first', async () => {
  await using first = await startRegistry()
  const tarballs = await packTarballs()
  const client = new Client(first.url, await createToken(first.url))
  const traffic = new Traffic(client, tarballs)
  for (const command of servers) {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await using second = await startSecond(first, command)
      await second.match(/ready at http/)
      await delay(500)
      second.signal(signal)
      expect(await second.exited, `${command}: ${second.output()}`).toBe(signal === 'SIGTERM' ? 0 : 'SIGKILL')
      traffic.check()
    }
  }
  for (const command of tools) {
    await using whole = await startSecond(first, command)
    expect(await whole.exited, `${command}: ${whole.output()}`).toBe(0)
    for (const afterMs of [200, 700, 1_200]) {
      await using cut = await startSecond(first, command)
      await delay(afterMs)
      cut.signal('SIGKILL')
      await cut.exited
    }
    traffic.check()
  }
  await traffic.stop()
  console.log(`beside other processes: ${JSON.stringify(traffic.count)}`)
  expect(traffic.count.published).toBeGreaterThan(20)
  expect(first.output()).not.toMatch(/"level":"(error|fatal)"/)
}, 300_000)

test('issue 2: a second registry on the data directory serves what the first was given, and the other way round', async () => {
  await using first = await startRegistry()
  await using second = await startRegistry({ dataDir: first.dataDir })
  const token = await createToken(first.url)
  const clients = [new Client(first.url, token), new Client(second.url, token)]
  for (const tarball of await packTarballs()) {
    for (const [at, client] of clients.entries()) {
      const version = `1.${at}.0`
      expectStatus(await client.publish(tarball, version), 201)
      for (const reader of clients) await reader.verify({ artifact: tarball.name, version, digest: sha256(tarball.bytes) })
    }
  }
})

async function startSecond({ dataDir }: RunningRegistry, command: string): Promise<NodeProcess> {
  const env = { REGISTRY_DATA_DIR: dataDir, REGISTRY_PORT: String(await freePort()), REGISTRY_LOG_LEVEL: 'warn' }
  return startNode([`${dist}/src/cli/main.js`, command], { cwd: root, env })
}
