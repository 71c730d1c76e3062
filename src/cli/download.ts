import { open, rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { RegistryClient } from './client.ts'
import { Failure, failureOf } from './failure.ts'
import { fileDigest } from './file-digest.ts'
import type { Output } from './output.ts'

export interface DownloadJob {
  readonly url: string
  readonly query: Readonly<Record<string, string | undefined>>
  readonly path: string
  /** What has to arrive. */
  readonly digest: string
  readonly sizeBytes: number
}

export interface Fetched {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
  /** What this call had to read; less than the file when an earlier call was interrupted. */
  readonly receivedBytes: number
}

/** Streams to `<path>.part`, goes on where an earlier call stopped, and gives the file its name only when the checksum agrees. */
export async function downloadFile(client: RegistryClient, output: Output, job: DownloadJob): Promise<Fetched> {
  const { path, digest, sizeBytes } = job
  const part = `${path}.part`
  const kept = await stat(part).then(
    ({ size }) => (size < sizeBytes ? size : 0),
    () => 0,
  )
  let receivedBytes = await receive(client, output, { job, part, kept })
  let computed = await fileDigest(part)
  // What was kept may be of other bytes: once more, from the first.
  if (computed.digest !== digest && kept > 0) {
    receivedBytes += await receive(client, output, { job, part, kept: 0 })
    computed = await fileDigest(part)
  }
  if (computed.digest !== digest) {
    await rm(part, { force: true })
    throw new Failure(`checksum mismatch: expected ${digest}, received ${computed.digest}`)
  }
  await rename(part, path)
  return { path, digest, sizeBytes, receivedBytes }
}

async function receive(
  client: RegistryClient,
  output: Output,
  { job, part, kept }: { job: DownloadJob; part: string; kept: number },
): Promise<number> {
  const { url, query, sizeBytes } = job
  const response = await client.raw(url, { query, ...(kept > 0 && { headers: { range: `bytes=${kept}-` } }) })
  if (!response.ok) throw await failureOf(response)
  const resumed = response.status === 206
  if (resumed) output.note(`resuming at byte ${kept}`)
  const file = await open(part, resumed ? 'a' : 'w')
  const bar = output.progress('fetching', sizeBytes, resumed ? kept : 0)
  let receivedBytes = 0
  try {
    if (!response.body) return 0
    for await (const chunk of Readable.fromWeb(response.body as ReadableStream<Uint8Array>) as AsyncIterable<Buffer>) {
      await file.writeFile(chunk)
      receivedBytes += chunk.length
      bar.advance(chunk.length)
    }
    await file.datasync()
    return receivedBytes
  } catch (error) {
    throw new Failure(`the connection broke after ${receivedBytes} bytes\n  run the same command again to resume`, { cause: error })
  } finally {
    bar.stop()
    await file.close()
  }
}
