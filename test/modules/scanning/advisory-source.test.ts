import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downloadAdvisories } from '../../../src/cli/advisory-download.ts'
import { openAdvisorySource } from '../../../src/cli/advisory-source.ts'
import { type AdvisoryDocument, maxAdvisoryBytes } from '../../../src/modules/scanning/contract.ts'
import type { Outbound } from '../../../src/shared/kernel/outbound.ts'
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts'
import { zipOf } from './zip-of.ts'

let folder: TemporaryFolder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder?.[Symbol.asyncDispose]())

async function read(path: string): Promise<AdvisoryDocument[]> {
  const documents: AdvisoryDocument[] = []
  for await (const document of await openAdvisorySource(path)) documents.push(document)
  return documents.sort((a, b) => (a.file < b.file ? -1 : 1))
}
const file = (name: string) => join(folder.path, name)

test('a folder is read with its folders; links and other files are not', async () => {
  await mkdir(file('osv/deep/er'), { recursive: true })
  await writeFile(file('osv/a.json'), '{"a":1}')
  await writeFile(file('osv/deep/er/b.json'), '{"b":1}')
  await writeFile(file('osv/deep/notes.txt'), 'no')
  await symlink(file('osv/a.json'), file('osv/link.json'))
  await writeFile(file('osv/large.json'), ' '.repeat(maxAdvisoryBytes + 1))
  expect(await read(file('osv'))).toEqual([
    { file: file('osv/a.json'), text: '{"a":1}' },
    { file: file('osv/deep/er/b.json'), text: '{"b":1}' },
    { file: file('osv/large.json'), problem: expect.stringContaining('larger than') },
  ])
})

test('an archive is read entry by entry, whatever its names', async () => {
  await writeFile(
    file('all.zip'),
    zipOf([
      { name: 'a.json', content: '{"a":1}' },
      { name: 'b.txt', content: 'no' },
      { name: 'x/c.json', content: '{}' },
    ]),
  )
  expect(await read(file('all.zip'))).toEqual([
    { file: 'a.json', text: '{"a":1}' },
    { file: 'x/c.json', text: '{}' },
  ])
})

test('entries that are too large, or larger than they say, are told; a bomb ends it', async () => {
  const large = { name: 'large.json', content: randomText(maxAdvisoryBytes + 1) }
  const liar = { name: 'liar.json', content: randomText(5_000), announced: 10 }
  await writeFile(file('odd.zip'), zipOf([large, liar, { name: 'z.json', content: '{}' }]))
  expect(await read(file('odd.zip'))).toEqual([
    { file: 'large.json', problem: expect.stringContaining('larger than') },
    { file: 'liar.json', problem: expect.stringMatching(/bytes/) },
    { file: 'z.json', text: '{}' },
  ])
  await writeFile(file('bomb.zip'), zipOf([{ name: 'bomb.json', content: ' '.repeat(64 * 1_048_576) }]))
  await expect(read(file('bomb.zip'))).rejects.toThrow(/unpacks to more than 100 times/)
})

test('what is no archive fails, and what is not there was called wrongly', async () => {
  await writeFile(file('text.zip'), 'this is not a zip archive')
  await expect(read(file('text.zip'))).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('is no zip archive') })
  await expect(read(file('missing'))).rejects.toMatchObject({ exitCode: 2 })
  await writeFile(file('notes.txt'), '')
  await expect(read(file('notes.txt'))).rejects.toMatchObject({ exitCode: 2 })
})

/** Does not shrink. */
function randomText(length: number): string {
  let seed = 1
  const bytes = Buffer.alloc(length)
  for (let index = 0; index < length; index += 1) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    bytes[index] = 32 + ((seed >> 16) % 90)
  }
  return bytes.toString('latin1')
}

const answering = (status: number, content: Buffer): Outbound => ({
  async request(url) {
    return {
      url: new URL(url),
      status,
      header: () => undefined,
      body: Readable.from([content]),
      bytes: async () => content,
      discard: () => undefined,
    }
  },
})

test('an archive, or a document, is fetched from a URL through the one way out, and gone when it was read', async () => {
  const archive = zipOf([{ name: 'a.json', content: '{"a":1}' }])
  const path = await (async () => {
    await using source = await downloadAdvisories(answering(200, archive), 'https://osv.example/npm/all.zip')
    expect(await read(source.path)).toEqual([{ file: 'a.json', text: '{"a":1}' }])
    return source.path
  })()
  await expect(read(path)).rejects.toThrow(/cannot be read/)
  await using one = await downloadAdvisories(answering(200, Buffer.from('{}')), 'https://osv.example/GHSA-1.json?x=1')
  expect(await read(one.path)).toEqual([{ file: one.path, text: '{}' }])
})

test('a URL that answers with anything else is a failure with its reason', async () => {
  const fetched = (outbound: Outbound, maxBytes?: number) => downloadAdvisories(outbound, 'https://osv.example/all.zip', maxBytes)
  await expect(fetched(answering(404, Buffer.from('no')))).rejects.toThrow('https://osv.example/all.zip was answered with 404')
  await expect(fetched(answering(200, Buffer.alloc(11)), 10)).rejects.toThrow('is larger than 10 bytes')
  const refusing: Outbound = { request: () => Promise.reject(new Error('it may not go there')) }
  await expect(fetched(refusing)).rejects.toThrow('https://osv.example/all.zip cannot be read: it may not go there')
})
