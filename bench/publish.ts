// Publishing and fetching over REST against the compiled server: `npm run build && npm run bench -- publish`.
// Client and server share the machine; compare runs of one machine and one day only.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type BenchServer, bearer, pssMiB, row, startServer } from './support/server.ts'

const seconds = 8
const parallel = 8
const packageBytes = 65_536
const bigBytes = 1_073_741_824

async function perSecond(work: (n: number) => Promise<void>): Promise<number> {
  let done = 0
  let next = 0
  const until = performance.now() + seconds * 1_000
  const started = performance.now()
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      await work(next++)
      done++
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return (done / (performance.now() - started)) * 1_000
}

async function expectStatus(response: Response, status: number): Promise<Response> {
  if (response.status !== status) throw new Error(`${response.status} instead of ${status}: ${await response.text()}`)
  return response
}

async function* bigBody(): AsyncGenerator<Buffer> {
  const chunk = randomBytes(1_048_576)
  for (let sent = 0; sent < bigBytes; sent += chunk.length) yield chunk
}

async function measure(server: BenchServer): Promise<void> {
  const authorization = await bearer(server.url)
  const headers = { authorization, 'content-type': 'application/octet-stream' }
  const at = (path: string) => `${server.url}/v1/artifacts/admin/${path}`
  const idle = await pssMiB(server.pid)
  const publish = await perSecond(async (n) => {
    const response = await fetch(at(`small/1.0.${n}`), { method: 'POST', headers, body: randomBytes(packageBytes) })
    await (await expectStatus(response, 201)).arrayBuffer()
  })
  const fetched = await perSecond(async () => {
    const response = await expectStatus(await fetch(at('small/1.0.0'), { headers }), 200)
    if ((await response.arrayBuffer()).byteLength !== packageBytes) throw new Error('wrong length')
  })
  const pushStart = performance.now()
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    headers,
    body: Readable.toWeb(Readable.from(bigBody())) as never,
    duplex: 'half',
  }
  await (await expectStatus(await fetch(at('big/1.0.0'), init), 201)).arrayBuffer()
  const pushSeconds = (performance.now() - pushStart) / 1_000
  const pullStart = performance.now()
  const hash = createHash('sha256')
  for await (const chunk of (await expectStatus(await fetch(at('big/1.0.0'), { headers }), 200)).body ?? []) hash.update(chunk)
  const pullSeconds = (performance.now() - pullStart) / 1_000
  row(`publish 64 KiB, ${parallel} at once`, `${publish.toFixed(0)} /s`)
  row(`fetch 64 KiB, ${parallel} at once`, `${fetched.toFixed(0)} /s`)
  row('publish 1 GiB (durable before 201)', `${(bigBytes / pushSeconds / 1e6).toFixed(0)} MB/s`)
  row('fetch 1 GiB', `${(bigBytes / pullSeconds / 1e6).toFixed(0)} MB/s`)
  row('PSS of node idle / after', `${idle.toFixed(0)} / ${(await pssMiB(server.pid)).toFixed(0)} MiB`)
}

const dataDir = await mkdtemp(join(tmpdir(), 'gati-bench-'))
const server = await startServer({ REGISTRY_DATA_DIR: dataDir, DATABASE_URL: '', REDIS_URL: '' })
try {
  await measure(server)
} finally {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
}
