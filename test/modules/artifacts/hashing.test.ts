import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContentHash, hashed } from '../../../src/modules/artifacts/hashing.ts'

async function all(chunks: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const found: Buffer[] = []
  for await (const chunk of chunks) found.push(chunk)
  return found
}

test('whatever the chunks, the bytes pass unchanged and the digests are theirs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 20 }), async (chunks) => {
      const whole = Buffer.concat(chunks)
      const hash = new ContentHash('sha512')
      const body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
      const passed = Buffer.concat(await all(hashed(body, hash, 1e9)))
      expect(passed.equals(whole)).toBe(true)
      expect(hash.sizeBytes).toBe(whole.length)
      for (const name of ['sha256', 'sha512'] as const) expect(hash.digests().get(name)).toBe(createHash(name).update(whole).digest('hex'))
    }),
    { numRuns: 50 },
  )
})

test('one byte too many fails before it is passed on', async () => {
  const chunks = [randomBytes(600), randomBytes(401)]
  const received: Buffer[] = []
  const passing = (async () => {
    for await (const chunk of hashed(Readable.from(chunks), new ContentHash(), 1_000)) received.push(chunk)
  })()
  await expect(passing).rejects.toMatchObject({ code: 'artifacts.too_large' })
  expect(Buffer.concat(received).length).toBe(600)
})

test('a slow reader slows the sender down: a handful of chunks are in flight, not the whole body (D-18)', async () => {
  let sent = 0
  async function* endless() {
    for (;;) {
      sent += 1
      yield Buffer.alloc(65_536)
    }
  }
  const body = hashed(Readable.from(endless(), { highWaterMark: 1 }), new ContentHash(), Number.MAX_SAFE_INTEGER)
  for (let read = 1; read <= 20; read += 1) {
    await body.next()
    await delay(1)
    expect(sent - read).toBeLessThanOrEqual(4)
  }
  await body.return(undefined)
})

test('a sender that fails fails the reader, and is told when the reader gives up', async () => {
  const failing = new Readable({ read() {} })
  const body = hashed(failing, new ContentHash(), 1_000)
  failing.push(randomBytes(10))
  failing.destroy(new Error('cut'))
  await expect(all(body)).rejects.toThrow('cut')
  const source = new Readable({ read() {} })
  const dropped = hashed(source, new ContentHash(), 1_000)
  source.push(randomBytes(10))
  for await (const _chunk of dropped) break
  await expect.poll(() => source.destroyed).toBe(true)
})
