import { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FrameReader } from '../../../../src/modules/scanning/analysis/frames.ts'
import { feedTask } from '../../../../src/modules/scanning/analysis/task-feed.ts'
import { asTransient } from '../../../../src/shared/kernel/transient-bytes.ts'

const chunkBytes = 524_288
const chunksOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, at) => asTransient(Buffer.from(new Uint8Array(chunkBytes).fill(at + 1).buffer)))

const taskOf = (chunks: readonly Buffer[]) => {
  const layer = { mediaType: '', sizeBytes: 1, open: async () => Readable.from(chunks) }
  return {
    input: { kind: 'oci' as const, layers: [layer], metadata: { name: 'n', version: '1' } },
    folder: '/nowhere',
    isNetworkOpen: false,
  }
}

test('D-36 bytes of a blob are given back once the pipe has taken them, and no sooner', async () => {
  const taken: Buffer[] = []
  const pipe = new Writable({
    highWaterMark: 65_536,
    write(frame: Buffer, _encoding, done) {
      // A pipe looks at the bytes again when the child reads on.
      setImmediate(() => {
        taken.push(Buffer.from(frame))
        done()
      })
    },
  })
  const chunks = chunksOf(6)
  expect(await feedTask(pipe, taskOf(chunks), new AbortController().signal)).toBe(6 * chunkBytes)
  expect(chunks.map(({ length }) => length)).toEqual([0, 0, 0, 0, 0, 0])
  const frames = new FrameReader(Readable.from(taken))
  expect(await frames.header()).toMatchObject({ kind: 'oci' })
  const read: Buffer[] = []
  for await (const frame of frames.blob()) read.push(frame)
  expect(Buffer.concat(read).equals(Buffer.concat(chunksOf(6)))).toBe(true)
})

test('D-36 what a pipe holds of a task that is over is left alone', async () => {
  const pipe = new Writable({ write: () => undefined })
  const stop = new AbortController()
  const chunks = chunksOf(2)
  const fed = feedTask(pipe, taskOf(chunks), stop.signal)
  await sleep(20)
  stop.abort()
  await fed
  expect(chunks.map(({ length }) => length)).toEqual([chunkBytes, chunkBytes])
})
