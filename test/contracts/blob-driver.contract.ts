import { randomBytes, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BlobDriver } from '../../src/modules/artifacts/contract.ts'

export interface OpenBlobDriver {
  readonly driver: BlobDriver
  /** The same store, as another process sees it. */
  reopen(): Promise<BlobDriver>
  close(): Promise<void>
}

const bytesOf = async (stream: Readable): Promise<Buffer> => Buffer.concat((await stream.toArray()) as Buffer[])
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'fulfilled',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )

/** Sends a first part and then fails, like a connection that is cut. */
async function* cutAfter(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
  await delay(20)
  throw new Error('cut')
}

/** What every place for blobs must do. Each call of `open` starts empty. `tickMs`: how far apart two times must be to be told apart. */
export function blobDriverContract(name: string, open: () => Promise<OpenBlobDriver>, { tickMs = 30 } = {}): void {
  describe(`blobs on ${name}`, () => {
    let opened: OpenBlobDriver
    let driver: BlobDriver
    beforeEach(async () => {
      opened = await open()
      driver = opened.driver
    })
    afterEach(() => opened.close())

    const store = async (bytes: Buffer): Promise<string> => {
      const [upload, copy] = [randomUUID(), randomUUID()]
      await driver.append(upload, 0, Readable.from([bytes]))
      await driver.commit(upload, copy)
      return copy
    }
    const listed = async (of: BlobDriver = driver) => {
      const found = []
      for await (const { kind, key, sizeBytes } of of.list()) found.push({ kind, key, sizeBytes })
      return found
    }

    test('what was appended and committed is read back, by every process', async () => {
      const bytes = randomBytes(3_000_000)
      const key = await store(bytes)
      const other = await opened.reopen()
      for (const seen of [driver, other]) {
        expect(await seen.size(key)).toBe(bytes.length)
        expect((await bytesOf(await seen.read(key))).equals(bytes)).toBe(true)
      }
      expect(await listed()).toEqual([{ kind: 'copy', key, sizeBytes: bytes.length }])
    })

    test('what is stored at once is read back, by every process; what is cut leaves nothing', async () => {
      const bytes = randomBytes(300_000)
      const [key, cut] = [randomUUID(), randomUUID()]
      await driver.store(key, Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]))
      const other = await opened.reopen()
      for (const seen of [driver, other]) expect((await bytesOf(await seen.read(key))).equals(bytes)).toBe(true)
      await expect(driver.store(cut, Readable.from(cutAfter(bytes)))).rejects.toThrow('cut')
      expect(await driver.size(cut)).toBeUndefined()
      expect(await listed()).toEqual([{ kind: 'copy', key, sizeBytes: bytes.length }])
    })

    test('an upload grows chunk by chunk and knows its size (D-11)', async () => {
      const [upload, copy] = [randomUUID(), randomUUID()]
      const chunks = [randomBytes(1), randomBytes(1_500_000), randomBytes(70_000)]
      let offset = 0
      for (const chunk of chunks) {
        await driver.append(upload, offset, Readable.from([chunk]))
        offset += chunk.length
        expect(await driver.uploadSize(upload)).toBe(offset)
      }
      expect((await bytesOf(await driver.readUpload(upload))).equals(Buffer.concat(chunks))).toBe(true)
      await driver.commit(upload, copy)
      expect(await driver.uploadSize(upload)).toBe(0)
      expect((await bytesOf(await driver.read(copy))).equals(Buffer.concat(chunks))).toBe(true)
    })

    test('chunks of any size become one copy', async () => {
      const [upload, copy] = [randomUUID(), randomUUID()]
      const chunks = [5_242_880, 3_000_000, 9_000_000, 1, 5_242_879, 0, 12].map((size) => randomBytes(size))
      let offset = 0
      for (const chunk of chunks) {
        const half = chunk.length >> 1
        await driver.append(upload, offset, Readable.from([chunk.subarray(0, half), chunk.subarray(half)]))
        offset += chunk.length
        expect(await driver.uploadSize(upload)).toBe(offset)
      }
      const bytes = Buffer.concat(chunks)
      expect((await bytesOf(await driver.readUpload(upload))).equals(bytes)).toBe(true)
      await driver.commit(upload, copy)
      expect((await bytesOf(await driver.read(copy))).equals(bytes)).toBe(true)
      const range = { start: 5_000_000, end: 9_000_000 }
      expect((await bytesOf(await driver.read(copy, range))).equals(bytes.subarray(range.start, range.end + 1))).toBe(true)
      expect(await listed()).toEqual([{ kind: 'copy', key: copy, sizeBytes: bytes.length }])
    })

    test('bytes of a cut stream count, and another process goes on after them (D-11)', async () => {
      const upload = randomUUID()
      const bytes = randomBytes(2_500_000)
      await expect(driver.append(upload, 0, Readable.from(cutAfter(bytes.subarray(0, 2_000_000))))).rejects.toThrow('cut')
      const other = await opened.reopen()
      const offset = await other.uploadSize(upload)
      expect(offset).toBeGreaterThan(0)
      expect(offset).toBeLessThanOrEqual(2_000_000)
      await other.append(upload, offset, Readable.from([bytes.subarray(offset)]))
      const copy = randomUUID()
      await other.commit(upload, copy)
      expect((await bytesOf(await driver.read(copy))).equals(bytes)).toBe(true)
    })

    test('a gap and a replay are refused and change nothing', async () => {
      const upload = randomUUID()
      expect(await codeOf(driver.append(upload, 5, Readable.from([Buffer.from('x')])))).toBe('artifacts.range_not_satisfiable')
      await driver.append(upload, 0, Readable.from([Buffer.from('hello')]))
      for (const offset of [0, 4, 6])
        expect(await codeOf(driver.append(upload, offset, Readable.from([Buffer.from('x')])))).toBe('artifacts.range_not_satisfiable')
      expect((await bytesOf(await driver.readUpload(upload))).toString()).toBe('hello')
    })

    test('a writer that another process took over from cannot change what that one hashed', async () => {
      const [upload, copy] = [randomUUID(), randomUUID()]
      await driver.append(upload, 0, Readable.from([Buffer.from('good ')]))
      const stale = new Readable({ read() {} })
      const appending = codeOf(driver.append(upload, 5, stale))
      await delay(30)
      const other = await opened.reopen()
      expect((await bytesOf(await other.readUpload(upload))).toString()).toBe('good ')
      await other.append(upload, 5, Readable.from([Buffer.from('bytes')]))
      await other.commit(upload, copy)
      stale.push(Buffer.from('EVIL!'))
      stale.push(null)
      expect(await appending).not.toBe('fulfilled')
      expect((await bytesOf(await driver.read(copy))).toString()).toBe('good bytes')
    })

    test('of concurrent commits of one upload exactly one succeeds', async () => {
      const upload = randomUUID()
      await driver.append(upload, 0, Readable.from([Buffer.from('once')]))
      const keys = Array.from({ length: 5 }, () => randomUUID())
      const results = await Promise.all(keys.map((key) => codeOf(driver.commit(upload, key))))
      expect(results.filter((result) => result === 'fulfilled')).toHaveLength(1)
      const copies = (await listed()).filter(({ kind }) => kind === 'copy')
      expect(copies).toEqual([{ kind: 'copy', key: keys[results.indexOf('fulfilled')], sizeBytes: 4 }])
    })

    test('a range is inclusive at both ends', async () => {
      const key = await store(Buffer.from('0123456789'))
      const part = async (start: number, end: number) => (await bytesOf(await driver.read(key, { start, end }))).toString()
      expect([await part(0, 0), await part(9, 9), await part(0, 9), await part(3, 5)]).toEqual(['0', '9', '0123456789', '345'])
    })

    test('an empty copy is a copy', async () => {
      const [upload, copy] = [randomUUID(), randomUUID()]
      await driver.append(upload, 0, Readable.from([]))
      await driver.commit(upload, copy)
      expect([await driver.size(copy), (await bytesOf(await driver.read(copy))).length]).toEqual([0, 0])
    })

    test('what is not there is missing, and removing it is no mistake', async () => {
      const key = randomUUID()
      expect(await driver.size(key)).toBeUndefined()
      expect(await codeOf(driver.read(key))).toBe('artifacts.blob_missing')
      expect(await codeOf(driver.commit(key, randomUUID()))).not.toBe('fulfilled')
      await driver.remove(key)
      await driver.abort(key)
      await driver.quarantine(key)
      await driver.touch('copy', key)
      expect(await listed()).toEqual([])
    })

    test('removed and aborted bytes are gone, quarantined ones are out of reach', async () => {
      const [one, two] = [await store(Buffer.from('one')), await store(Buffer.from('two'))]
      const upload = randomUUID()
      await driver.append(upload, 0, Readable.from([Buffer.from('three')]))
      await driver.remove(one)
      await driver.quarantine(two)
      await driver.abort(upload)
      expect(await listed()).toEqual([])
      expect(await codeOf(driver.read(two))).toBe('artifacts.blob_missing')
    })

    test('a commit and a touch make a file young again', async () => {
      const upload = randomUUID()
      const ages = async () => {
        const found = []
        for await (const { modifiedAt } of driver.list()) found.push(modifiedAt.getTime())
        return found
      }
      await driver.append(upload, 0, Readable.from([Buffer.from('x')]))
      const [before = 0] = await ages()
      await delay(tickMs)
      await driver.touch('upload', upload)
      const [touched = 0] = await ages()
      expect(touched).toBeGreaterThan(before)
      await delay(tickMs)
      await driver.commit(upload, randomUUID())
      const [committed = 0] = await ages()
      expect(committed).toBeGreaterThan(touched)
    })

    test('keys that are no keys never become a place', async () => {
      for (const key of ['../../etc/passwd', 'a', '', 'A'.repeat(36), `${'a'.repeat(500)}`, 'abcdefgh/1', 'abcdefgh\0'])
        expect(await codeOf((async () => driver.append(key, 0, Readable.from([Buffer.from('x')])))())).not.toBe('fulfilled')
      expect(await listed()).toEqual([])
    })

    test('it answers a ping', async () => {
      await driver.ping()
    })
  })
}
