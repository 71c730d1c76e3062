import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type FileRange, FileStream } from '../../../src/shared/kernel/file-stream.ts'

const bytes = randomBytes(3_000_001)

async function fileStream(range?: FileRange, content = bytes): Promise<FileStream> {
  const folder = await mkdtemp(join(tmpdir(), 'file-stream-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'file')
  await writeFile(path, content)
  return new FileStream(await open(path, 'r'), range)
}

/** Answers with what `answer` pipes; resolves with the answer as a client gets it. */
async function answered(answer: (response: ServerResponse) => void): Promise<IncomingMessage> {
  const server = createServer((_request, response) => answer(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => get({ host: '127.0.0.1', port, agent: false }, resolve).on('error', reject))
}

const ended = (stream: FileStream): Promise<void> => new Promise((resolve) => stream.once('close', resolve))

test.each([
  [0, 0],
  [5, 9],
  [0, 65_535],
  [0, 65_536],
  [65_535, 65_536 + 524_288],
  [1_000_000, 2_999_999],
  [0, bytes.length - 1],
])('an answer gets bytes %i to %i, and the file is closed', async (start, end) => {
  const stream = await fileStream({ start, end })
  const closed = ended(stream)
  const answer = await answered((response) => stream.pipe(response))
  expect((await buffer(answer)).equals(bytes.subarray(start, end + 1))).toBe(true)
  await closed
})

test.each([0, 1, 65_536, 65_537, 3_000_001])('a whole file of %i bytes gets through', async (length) => {
  const stream = await fileStream(undefined, bytes.subarray(0, length))
  const answer = await answered((response) => stream.pipe(response))
  expect((await buffer(answer)).equals(bytes.subarray(0, length))).toBe(true)
})

test('a slow reader gets the bytes of the file, not those of a later turn', async () => {
  const stream = await fileStream()
  const answer = await answered((response) => stream.pipe(response))
  const parts: Buffer[] = []
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(Buffer.from(part))
    if (parts.length % 8 === 0) await sleep(5)
  }
  expect(Buffer.concat(parts).equals(bytes)).toBe(true)
})

test('readers that keep what they get have bytes of their own', async () => {
  expect((await buffer(await fileStream())).equals(bytes)).toBe(true)
  const through = (await fileStream()).pipe(new PassThrough({ highWaterMark: 10_000_000 }))
  await sleep(50)
  expect((await buffer(through)).equals(bytes)).toBe(true)
})

test('a reader that leaves ends the stream and closes the file', async () => {
  const stream = await fileStream(undefined, randomBytes(30_000_000))
  stream.on('error', () => undefined)
  const closed = ended(stream)
  const answer = await answered((response) => {
    response.on('close', () => stream.destroy())
    stream.pipe(response)
  })
  answer.on('error', () => undefined).once('data', () => answer.destroy())
  await closed
})
