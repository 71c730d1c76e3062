import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { adminPassword, type RunningRegistry } from '../support/run-registry.ts'
import { startRegistry } from './registry.ts'

const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
const gibibyte = 1_073_741_824

test('the process grows less than 150 MiB while eight uploads of 1 GiB run, and their bytes arrive (D-18)', async () => {
  await using registry = await startRegistry()
  const base = `${registry.url}/v1/artifacts/admin`
  await publish(`${base}/warm-up/1.0.0`, 8 * 1_048_576)
  await delay(2_000)
  const idle = await pssBytes(registry)
  const peak = watchPeak(registry)
  const urls = Array.from({ length: 8 }, (_, index) => `${base}/big-${index}/1.0.0`)
  const digests = await Promise.all(urls.map((url) => publish(url, gibibyte)))
  const growth = (await peak.stop()) - idle
  process.stdout.write(`idle ${mebibytes(idle)} MiB, growth ${mebibytes(growth)} MiB\n`)
  expect(growth).toBeLessThan(150 * 1_048_576)
  for (const [index, url] of urls.entries()) {
    const head = await fetch(url, { method: 'HEAD', headers: { authorization } })
    expect([head.headers.get('docker-content-digest'), head.headers.get('content-length')]).toEqual([digests[index], String(gibibyte)])
  }
}, 600_000)

const mebibytes = (bytes: number): number => Math.round(bytes / 1_048_576)

/** Bytes that are different in every upload, made and hashed while they are sent. Answers with their digest. */
async function publish(url: string, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256')
  const block = randomBytes(262_144)
  async function* content() {
    for (let sent = 0; sent < sizeBytes; sent += block.length) {
      const chunk = Buffer.from(block)
      chunk.writeDoubleBE(sent, 0)
      hash.update(chunk)
      yield chunk
    }
  }
  const sending = request(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/octet-stream', 'content-length': sizeBytes },
  })
  const answered = once(sending, 'response')
  await pipeline(Readable.from(content()), sending)
  const [answer] = (await answered) as [Readable & { statusCode?: number }]
  const text = Buffer.concat((await answer.toArray()) as Buffer[]).toString()
  if (answer.statusCode !== 201) throw new Error(`${answer.statusCode} ${text}`)
  return `sha256:${hash.digest('hex')}`
}

/** Of the node process alone; the embedded database is another one. */
async function pssBytes({ pid }: RunningRegistry): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) * 1_024
}

function watchPeak(server: RunningRegistry): { stop(): Promise<number> } {
  let peak = 0
  let running = true
  const watching = (async () => {
    while (running) {
      peak = Math.max(peak, await pssBytes(server))
      await delay(100)
    }
  })()
  return {
    async stop() {
      running = false
      await watching
      return peak
    },
  }
}
