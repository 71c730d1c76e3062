import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { RegistryClient } from './client.ts'
import { Failure } from './failure.ts'
import type { Output } from './output.ts'

export interface Fetched {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
}

/** Streams to `<path>.part`, goes on where an earlier call stopped, and gives the file its name only when the checksum agrees. */
export async function downloadFile(client: RegistryClient, output: Output, { url, path }: { url: string; path: string }): Promise<Fetched> {
  const part = `${path}.part`
  const head = await client.send(url, { method: 'HEAD', headers: { accept: '*/*' } })
  const digest = head.headers.get('docker-content-digest')
  const sizeBytes = Number(head.headers.get('content-length'))
  if (!digest?.startsWith('sha256:')) throw new Failure('the registry did not name the digest of these bytes')
  const kept = await stat(part).then(({ size }) => (size < sizeBytes ? size : 0), () => 0)
  await receive(client, output, { url, part, kept, sizeBytes })
  const computed = await digestOf(part)
  if (computed !== digest) {
    await rm(part, { force: true })
    throw new Failure(`checksum mismatch: expected ${digest}, received ${computed}`)
  }
  await rename(part, path)
  return { path, digest, sizeBytes }
}

async function receive(client: RegistryClient, output: Output, job: { url: string; part: string; kept: number; sizeBytes: number }): Promise<void> {
  const { url, part, kept, sizeBytes } = job
  const headers = { accept: '*/*', ...(kept > 0 && { range: `bytes=${kept}-` }) }
  const response = await client.send(url, { headers })
  const resumed = response.status === 206
  const file = await open(part, resumed ? 'a' : 'w')
  const bar = output.progress('fetching', sizeBytes, resumed ? kept : 0)
  try {
    if (!response.body) return
    for await (const chunk of Readable.fromWeb(response.body as ReadableStream<Uint8Array>) as AsyncIterable<Buffer>) {
      await file.write(chunk)
      bar.advance(chunk.length)
    }
    await file.datasync()
  } finally {
    bar.stop()
    await file.close()
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 })) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}
