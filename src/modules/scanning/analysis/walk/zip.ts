import type { Readable } from 'node:stream'
import type { Entry, ZipFile } from 'yauzl'
import type { Chunks } from './byte-reader.ts'
import { type Compression, decompressed } from './decompression.ts'
import { ArchiveRefused, type Budget } from './limits.ts'
import type { ArchiveEntry } from './tar.ts'

export interface ZipEntry extends ArchiveEntry {
  readonly isEncrypted: boolean
  /** Undefined when its compression is read. */
  readonly unknownMethod: number | undefined
  readonly packedBytes: number
}

const methods: Readonly<Record<number, Compression | 'stored'>> = { 0: 'stored', 8: 'deflate', 93: 'zstd' }
const unixTypes: Readonly<Record<number, ArchiveEntry['type']>> = {
  4: 'directory',
  10: 'symbolic link',
  6: 'device',
  2: 'device',
  1: 'device',
}

/** The entries of the central directory; throws ArchiveRefused where it is damaged or its entries share bytes. */
export async function* zipEntries(zip: ZipFile, sizeBytes: number, budget: Budget): AsyncGenerator<ZipEntry, void, undefined> {
  let packed = 0
  try {
    for await (const entry of zip.eachEntry()) {
      packed += entry.compressedSize
      if (packed > sizeBytes) throw new ArchiveRefused('archive/bomb', 'zip whose entries share bytes')
      yield asEntry(zip, entry, budget)
    }
  } catch (error) {
    throw error instanceof Error && isOfYauzl(error) ? new ArchiveRefused('archive/damaged', `zip: ${error.message}`) : error
  }
}

function asEntry(zip: ZipFile, entry: Entry, budget: Budget): ZipEntry {
  const rawPath = entry.fileNameRaw.toString('utf8')
  const mode = entry.externalFileAttributes >>> 16
  const method = methods[entry.compressionMethod]
  return {
    rawPath,
    type: rawPath.endsWith('/') ? 'directory' : (unixTypes[mode >>> 12] ?? 'file'),
    mode: mode & 0o7777,
    sizeBytes: entry.uncompressedSize,
    packedBytes: entry.compressedSize,
    linkTarget: '',
    isEncrypted: entry.isEncrypted(),
    unknownMethod: method ? undefined : entry.compressionMethod,
    body: body(zip, entry, { method, budget }),
  }
}

async function* body(
  zip: ZipFile,
  entry: Entry,
  { method, budget }: { method: Compression | 'stored' | undefined; budget: Budget },
): AsyncGenerator<Buffer, void, undefined> {
  let raw: Readable
  try {
    // Raw: some readers ignore the encryption flag and the stated sizes, so what they would see is what is looked at.
    raw = await zip.openReadStreamPromise(entry, { decodeFileData: false })
  } catch (error) {
    throw new ArchiveRefused('archive/damaged', `zip: ${(error as Error).message}`)
  }
  const chunks = raw as Chunks
  if (method && method !== 'stored') return yield* decompressed(chunks, method, budget)
  for await (const chunk of chunks) {
    budget.spendBytes(chunk.length)
    yield chunk
  }
}

/** yauzl throws plain errors; ours have names. */
const isOfYauzl = (error: Error): boolean => error.name === 'Error' || error.name === 'RangeError'
