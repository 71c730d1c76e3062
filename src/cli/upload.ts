import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { RegistryClient } from './client.ts'
import { Failure } from './failure.ts'
import type { Output } from './output.ts'

const bufferBytes = 1_048_576

export interface UploadTarget {
  readonly namespace: string
  readonly name: string
  readonly format?: string
}

interface ResumeNote {
  readonly registry: string
  readonly session: string
  readonly digest: string
}

export async function fileDigest(path: string): Promise<{ digest: string; sizeBytes: number }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: bufferBytes })) hash.update(chunk as Buffer)
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes: (await stat(path)).size }
}

/**
 * Sends a file through an upload session. A note of the session is kept until it is finished, so that the same command typed again
 * after a cut goes on where the registry has the bytes.
 */
export async function uploadFile(client: RegistryClient, output: Output, job: { path: string; digest: string; sizeBytes: number; target: UploadTarget }): Promise<void> {
  const { path, digest, sizeBytes, target } = job
  const note = await notePath(client.baseUrl, digest, target)
  const resumed = await resume(client, note, digest)
  const session = resumed ?? (await open(client, target, sizeBytes))
  if (resumed) output.note(`resuming at byte ${session.offset}`)
  await writeFile(note, JSON.stringify({ registry: client.baseUrl, session: session.id, digest } satisfies ResumeNote), { mode: 0o600 })
  await send(client, output, { session, path, sizeBytes })
  await client.send(`/v1/uploads/${session.id}`, { method: 'PUT', query: { digest } })
  await rm(note, { force: true })
}

interface Session {
  readonly id: string
  readonly offset: number
}

async function open(client: RegistryClient, target: UploadTarget, size: number): Promise<Session> {
  const { id } = await client.json<{ id: string }>('/v1/uploads', { method: 'POST', json: { ...target, size } })
  return { id, offset: 0 }
}

async function resume(client: RegistryClient, note: string, digest: string): Promise<Session | undefined> {
  const text = await readFile(note, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const found = JSON.parse(text) as ResumeNote
  if (found.registry !== client.baseUrl || found.digest !== digest) return undefined
  const response = await client.raw(`/v1/uploads/${found.session}`, {})
  if (!response.ok) return undefined
  const { offset } = (await response.json()) as { offset: number }
  return { id: found.session, offset }
}

async function send(client: RegistryClient, output: Output, { session, path, sizeBytes }: { session: Session; path: string; sizeBytes: number }): Promise<void> {
  if (session.offset >= sizeBytes) return
  const bar = output.progress('uploading', sizeBytes, session.offset)
  const file = createReadStream(path, { start: session.offset, highWaterMark: bufferBytes })
  const body = Readable.from(counted(file, (bytes) => bar.advance(bytes)))
  try {
    await client.send(`/v1/uploads/${session.id}`, {
      method: 'PATCH',
      body,
      headers: { 'content-type': 'application/octet-stream', 'content-range': `${session.offset}-${sizeBytes - 1}` },
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure(`${reason}\n  run the same command again to resume`)
  } finally {
    bar.stop()
  }
}

export async function* counted(stream: Readable, advance: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    advance(chunk.length)
    yield chunk
  }
}

async function notePath(registry: string, digest: string, { namespace, name }: UploadTarget): Promise<string> {
  const folder = join(tmpdir(), `gati-registry-${userInfo().uid}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const key = createHash('sha256').update(JSON.stringify([registry, digest, namespace, name])).digest('hex')
  return join(folder, `${key}.json`)
}
