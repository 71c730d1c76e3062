import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { adminPassword, freePort, type RunningRegistry } from '../support/run-registry.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Answer, expectStatus, send } from './connection.ts'
import { startRegistry } from './registry.ts'

const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
const sizeBytes = 2 * 1_073_741_824
const blockBytes = 262_144
const block = randomBytes(blockBytes)

/** Bytes that are different in every block and the same in every attempt. */
async function* contentFrom(start: number): AsyncGenerator<Buffer> {
  for (let index = Math.floor(start / blockBytes); index * blockBytes < sizeBytes; index += 1) {
    const chunk = Buffer.from(block)
    chunk.writeDoubleBE(index, 0)
    yield chunk.subarray(Math.max(0, start - index * blockBytes))
  }
}

test.each(['streamed', 'with Content-Range'])(
  'an upload of 2 GiB, %s, goes on after kill -9 of the server from where it was',
  async (how) => {
    await using folder = await temporaryFolder()
    const where = { dataDir: folder.path, port: await freePort() }
    // The start that founds the data directory needs more memory than any other, and is not what is measured.
    await (await startRegistry(where)).stop()
    let registry = await startRegistry(where)
    try {
      const opened = expectStatus(await call(`${registry.url}/v2/admin/big/blobs/uploads/`, 'POST'), 202)
      let location = locationOf(opened, registry)
      let offset = 0
      const kills = [Math.floor(sizeBytes * (0.1 + 0.35 * Math.random())), Math.floor(sizeBytes * (0.55 + 0.35 * Math.random()))]
      const peaks: number[] = []
      for (const killAt of kills) {
        const peak = watchPeak(registry)
        await sendUntilKilled(registry, { location, offset, killAt, how })
        peaks.push(await peak.stop())
        registry = await startRegistry(where)
        const status = expectStatus(await call(location, 'GET'), 204)
        const [, last] = /^0-(\d+)$/.exec(status.headers.range ?? '') ?? []
        const resumed = Number(last) + 1
        console.log(`killed at ${mebibytes(killAt)} MiB, ${mebibytes(resumed)} MiB were kept`)
        expect(resumed).toBeGreaterThanOrEqual(offset)
        expect(resumed).toBeLessThanOrEqual(sizeBytes)
        ;[location, offset] = [locationOf(status, registry), resumed]
      }
      const peak = watchPeak(registry)
      const patched = expectStatus(await append({ location, offset, how }), 202)
      expect(patched.headers['range']).toBe(`0-${sizeBytes - 1}`)
      const digest = await digestOf(contentFrom(0))
      const finish = new URL(locationOf(patched, registry))
      finish.searchParams.set('digest', digest)
      const finished = expectStatus(await call(finish.href, 'PUT'), 201)
      expect(finished.headers['docker-content-digest']).toBe(digest)
      expect(await digestOf(await download(locationOf(finished, registry)))).toBe(digest)
      peaks.push(await peak.stop())
      console.log(`RSS at most ${peaks.map(mebibytes).join(', ')} MiB`)
      expect(Math.max(...peaks)).toBeLessThan(200 * 1_000_000)
    } finally {
      await registry.stop()
    }
  },
  600_000,
)

const mebibytes = (bytes: number): number => Math.round(bytes / 1_048_576)
const call = (url: string, method: string): Promise<Answer> => send(url, { method, headers: { authorization }, timeoutMs: 180_000 })
const locationOf = ({ headers }: Answer, { url }: RunningRegistry): string => new URL(headers.location ?? '', url).href

interface Sending {
  readonly location: string
  readonly offset: number
  readonly how: string
}

/** Sends the rest; `sent` is told how far it is. */
async function append({ location, offset, how }: Sending, sent: (bytes: number) => void = () => {}): Promise<Answer> {
  const range = how === 'streamed' ? {} : { 'content-range': `${offset}-${sizeBytes - 1}`, 'content-length': sizeBytes - offset }
  const headers = { authorization, 'content-type': 'application/octet-stream', ...range }
  const outgoing = request(location, { method: 'PATCH', headers, agent: false })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  // It may fail before anybody waits for it.
  answered.catch(() => {})
  async function* counted() {
    let position = offset
    for await (const chunk of contentFrom(offset)) {
      position += chunk.length
      sent(position)
      yield chunk
    }
  }
  await pipeline(Readable.from(counted()), outgoing)
  const [incoming] = await answered
  const body = Buffer.concat((await incoming.toArray()) as Buffer[])
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body, tookMs: 0 }
}

async function sendUntilKilled(registry: RunningRegistry, sending: Sending & { readonly killAt: number }): Promise<void> {
  let stopped: Promise<unknown> | undefined
  const answer = await append(sending, (position) => {
    if (position >= sending.killAt) stopped ??= registry.stop('SIGKILL')
  }).catch(() => undefined)
  await stopped
  if (stopped === undefined) throw new Error(`the upload ended before its time: ${answer?.status} ${answer?.body}`)
}

async function download(url: string): Promise<Readable> {
  const outgoing = request(url, { headers: { authorization }, agent: false }).end()
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  if (incoming.statusCode !== 200) throw new Error(`${incoming.statusCode} for ${url}`)
  return incoming
}

async function digestOf(content: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of content) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}

/** Highest resident size of the node process alone; the embedded database is another one. */
function watchPeak({ pid }: RunningRegistry): { stop(): Promise<number> } {
  let peak = 0
  let running = true
  const watching = (async () => {
    while (running) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      peak = Math.max(peak, Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024)
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
