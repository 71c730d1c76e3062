// Publishing and fetching over REST against the compiled server: `npm run build && npm run bench -- publish`.
// Client and server share the machine; compare runs of one machine and one day only.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const seconds = 8
const parallel = 8
const packageBytes = 65_536
const bigBytes = 1_073_741_824
const app = fileURLToPath(new URL('../dist/src/app.js', import.meta.url))

interface Server {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

async function startServer(dataDir: string): Promise<Server> {
  const env = {
    ...process.env,
    REGISTRY_DATA_DIR: dataDir,
    REGISTRY_PORT: '0',
    REGISTRY_LOG_LEVEL: 'info',
    REGISTRY_ADMIN_PASSWORD: 'benchmark password',
  }
  const child = spawn(process.execPath, [app], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const found = /ready at (\S+)/.exec(text)
      if (found?.[1]) resolve(found[1])
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function pssMiB(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/Pss:\s+(\d+)/.exec(text)?.[1]) / 1_024
}

async function token(url: string): Promise<string> {
  const basic = `Basic ${Buffer.from('admin:benchmark password').toString('base64')}`
  const response = await fetch(`${url}/v1/tokens`, {
    method: 'POST',
    headers: { authorization: basic, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', scopes: ['read', 'publish'] }),
  })
  const { token } = (await response.json()) as { token: string }
  return `Bearer ${token}`
}

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

async function measure(server: Server): Promise<void> {
  const authorization = await token(server.url)
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
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body: Readable.toWeb(Readable.from(bigBody())) as never, duplex: 'half' }
  await (await expectStatus(await fetch(at('big/1.0.0'), init), 201)).arrayBuffer()
  const pushSeconds = (performance.now() - pushStart) / 1_000
  const pullStart = performance.now()
  const hash = createHash('sha256')
  for await (const chunk of (await expectStatus(await fetch(at('big/1.0.0'), { headers }), 200)).body ?? []) hash.update(chunk)
  const pullSeconds = (performance.now() - pullStart) / 1_000
  const row = (name: string, value: string) => process.stdout.write(`${name.padEnd(44)} ${value}\n`)
  row(`publish 64 KiB, ${parallel} at once`, `${publish.toFixed(0)} /s`)
  row(`fetch 64 KiB, ${parallel} at once`, `${fetched.toFixed(0)} /s`)
  row('publish 1 GiB (durable before 201)', `${(bigBytes / pushSeconds / 1e6).toFixed(0)} MB/s`)
  row('fetch 1 GiB', `${(bigBytes / pullSeconds / 1e6).toFixed(0)} MB/s`)
  row('PSS of node idle / after', `${idle.toFixed(0)} / ${(await pssMiB(server.pid)).toFixed(0)} MiB`)
}

const dataDir = await mkdtemp(join(tmpdir(), 'gati-bench-'))
const server = await startServer(dataDir)
try {
  await measure(server)
} finally {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
}
