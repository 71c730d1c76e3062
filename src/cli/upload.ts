import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type RegistryClient, Unreachable } from './client.ts'
import { Failure } from './failure.ts'
import type { Output } from './output.ts'
import type { UploadNote } from './upload-note.ts'

const bufferBytes = 1_048_576
/** The registry needs up to a minute to notice that an earlier sender is gone without a word. */
const attempts = 150
const pauseMs = 500

export interface UploadJob {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
  readonly target: { readonly namespace: string; readonly name: string; readonly format: string }
  readonly note: UploadNote
}

export interface Uploaded {
  /** What this call had to send; less than the file when an earlier call was interrupted. */
  readonly sentBytes: number
}

interface Session {
  readonly id: string
  readonly offset: number
}

/** Sends a file through an upload session, from where an earlier call stopped. */
export async function uploadFile(client: RegistryClient, output: Output, job: UploadJob): Promise<Uploaded> {
  const { note, digest, sizeBytes, target } = job
  const known = await note.read()
  if (known?.finished) return { sentBytes: 0 }
  const resumed = known && (await find(client, known.session))
  const session = resumed ?? (await client.json<Session>('/v1/uploads', { method: 'POST', json: { ...target, size: sizeBytes } }))
  if (resumed) output.note(`resuming at byte ${resumed.offset}`)
  await note.write({ session: session.id, finished: false })
  const sentBytes = await sendRest(client, output, { job, session })
  await finish(client, session.id, { digest, note })
  await note.write({ session: session.id, finished: true })
  return { sentBytes }
}

/** `undefined` when the session is gone: it expired, or it was finished or dropped. */
async function find(client: RegistryClient, id: string): Promise<Session | undefined> {
  try {
    return await client.json<Session>(`/v1/uploads/${id}`)
  } catch (error) {
    if (error instanceof Failure && error.code === 'artifacts.upload_unknown') return undefined
    throw error
  }
}

async function finish(client: RegistryClient, id: string, { digest, note }: { digest: string; note: UploadNote }): Promise<void> {
  try {
    await client.send(`/v1/uploads/${id}`, { method: 'PUT', query: { digest } })
  } catch (error) {
    // A refused session does not come right; a cut one may.
    if (!(error instanceof Unreachable)) await note.remove()
    throw error
  }
}

/** Bytes that left, including those of attempts that were cut. */
async function sendRest(client: RegistryClient, output: Output, { job, session }: { job: UploadJob; session: Session }): Promise<number> {
  let { offset } = session
  let sentBytes = 0
  const bar = output.progress('uploading', job.sizeBytes, offset)
  const advance = (bytes: number) => {
    sentBytes += bytes
    bar.advance(bytes)
  }
  try {
    for (let attempt = 1; offset < job.sizeBytes; attempt++) {
      const error = await sendOnce(client, { job, session: { id: session.id, offset }, advance })
      if (!error) return sentBytes
      if (!mayPass(error) || attempt === attempts) throw error
      await delay(pauseMs)
      offset = await offsetNow(client, session.id)
    }
    return sentBytes
  } finally {
    bar.stop()
  }
}

/** The busy session of a sender that was killed, a claim of an offset that has moved, or a broken connection. */
const mayPass = (error: unknown): boolean =>
  error instanceof Unreachable ||
  (error instanceof Failure && (error.code === 'artifacts.upload_busy' || error.code === 'artifacts.range_not_satisfiable'))

async function offsetNow(client: RegistryClient, id: string): Promise<number> {
  try {
    return (await client.json<Session>(`/v1/uploads/${id}`)).offset
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    throw new Failure(`${error.message}\n  run the same command again to resume`, { cause: error })
  }
}

interface Sending {
  readonly job: UploadJob
  readonly session: Session
  advance(bytes: number): void
}

async function sendOnce(client: RegistryClient, { job: { path, sizeBytes }, session: { id, offset }, advance }: Sending): Promise<unknown> {
  const file = createReadStream(path, { start: offset, end: sizeBytes - 1, highWaterMark: bufferBytes })
  const headers = { 'content-type': 'application/octet-stream', 'content-range': `${offset}-${sizeBytes - 1}` }
  try {
    await client.send(`/v1/uploads/${id}`, { method: 'PATCH', body: Readable.from(counted(file, advance)), headers })
    return undefined
  } catch (error) {
    return error
  } finally {
    file.destroy()
  }
}

async function* counted(stream: Readable, advance: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    advance(chunk.length)
    yield chunk
  }
}
