import type { Stats } from 'node:fs'
import { opendir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Entry, ZipFile } from 'yauzl'
import { type AdvisoryDocument, maxAdvisoryBytes } from '../modules/scanning/contract.ts'
import { Failure, messageOf, usage } from './failure.ts'

const maxEntries = 5_000_000
/** JSON shrinks to a tenth; what shrinks to less than a hundredth was made to do so. */
const maxRatio = 100
const ratioCountsFrom = 1_048_576
const tooLarge = `it is larger than ${maxAdvisoryBytes} bytes`

/** OSV documents of a folder (with its folders), a zip archive, or a single file. Throws a usage failure when there is no such thing. */
export async function openAdvisorySource(path: string): Promise<AsyncIterable<AdvisoryDocument>> {
  const found = await stat(path).catch((error: unknown) => {
    throw usage(`${path} cannot be read: ${messageOf(error)}`)
  })
  if (found.isDirectory()) return fromFolder(path)
  if (!found.isFile() || !/\.(json|zip)$/i.test(path)) throw usage(`${path} is neither a folder nor a .zip or .json file`)
  return /\.zip$/i.test(path) ? fromZip(path, found) : fromFile(path)
}

/** Links are not followed. */
async function* fromFolder(path: string): AsyncGenerator<AdvisoryDocument> {
  for await (const entry of await opendir(path, { recursive: true }))
    if (entry.isFile() && entry.name.endsWith('.json')) yield* fromFile(join(entry.parentPath, entry.name))
}

async function* fromFile(file: string): AsyncGenerator<AdvisoryDocument> {
  try {
    const { size } = await stat(file)
    if (size > maxAdvisoryBytes) yield { file, problem: tooLarge }
    else yield { file, text: await readFile(file, 'utf8') }
  } catch (error) {
    yield { file, problem: messageOf(error) }
  }
}

/** Nothing of the archive is ever written anywhere, so names in it may be what they like. */
async function* fromZip(path: string, { size }: Stats): AsyncGenerator<AdvisoryDocument> {
  const { openPromise } = await import('yauzl')
  const zip = await openPromise(path).catch((error: unknown) => {
    throw new Failure(`${path} is no zip archive: ${messageOf(error)}`)
  })
  try {
    if (zip.entryCount > maxEntries) throw new Failure(`${path} has more than ${maxEntries} entries`)
    let unpacked = 0
    for await (const entry of zip.eachEntry()) {
      unpacked += entry.uncompressedSize
      // Entries may overlap: each would be harmless, all together are not.
      if (unpacked > Math.max(maxRatio * size, ratioCountsFrom))
        throw new Failure(`${path} unpacks to more than ${maxRatio} times its size`)
      if (entry.fileName.endsWith('.json')) yield await fromEntry(zip, entry)
    }
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`${path} is damaged: ${messageOf(error)}`, { cause: error })
  } finally {
    zip.close()
  }
}

async function fromEntry(zip: ZipFile, entry: Entry): Promise<AdvisoryDocument> {
  const { fileName: file, uncompressedSize: size } = entry
  if (size > maxAdvisoryBytes) return { file, problem: tooLarge }
  if (size > ratioCountsFrom && size > maxRatio * entry.compressedSize) return { file, problem: 'it is compressed as no document is' }
  try {
    // It never gives more bytes than the entry announces.
    const content: Readable = await zip.openReadStreamPromise(entry)
    return { file, text: await text(content) }
  } catch (error) {
    return { file, problem: messageOf(error) }
  }
}
