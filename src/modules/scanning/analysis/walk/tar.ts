import { type ByteReader, type Chunks, Truncated } from './byte-reader.ts'
import { ArchiveRefused } from './limits.ts'
import { blockBytes, isZeroBlock, paxRecords, type TarHeader, tarHeader, text } from './tar-header.ts'

export interface ArchiveEntry {
  readonly rawPath: string
  readonly type: 'file' | 'directory' | 'symbolic link' | 'hard link' | 'device'
  readonly mode: number
  readonly sizeBytes: number
  readonly linkTarget: string
  /** Holes are left out of the body, so what is read is not what is unpacked. */
  readonly isSparse?: boolean
  /** To be read before the next entry is asked for, or not at all. */
  readonly body: Chunks
}

const types: Readonly<Record<string, ArchiveEntry['type']>> = {
  0: 'file',
  7: 'file',
  1: 'hard link',
  2: 'symbolic link',
  3: 'device',
  4: 'device',
  5: 'directory',
  6: 'device',
}
/** Extended headers carry a path or two; a larger one is there to fill memory. */
const maxExtendedBytes = 1_048_576
const maxExtendedInARow = 16

/** The entries of a tar in the order of the stream; throws ArchiveRefused where it stops being one. */
export async function* tarEntries(reader: ByteReader): AsyncGenerator<ArchiveEntry, void, undefined> {
  const shared = new Map<string, string>()
  for (;;) {
    const found = await nextHeader(reader, shared)
    if (!found) return
    const { header, extended } = found
    if (header.type === 'S' && header.isMapContinued) await skipSparseMap(reader)
    // Unpackers take a letter that they do not know for a file (POSIX pax, "typeflag"), and so do attackers.
    const type = types[header.type] ?? 'file'
    const left = { bytes: contentBytes(found, type) }
    const padding = (blockBytes - (left.bytes % blockBytes)) % blockBytes
    yield {
      rawPath: extended.get('path') ?? header.name,
      type,
      mode: header.mode,
      sizeBytes: left.bytes,
      linkTarget: extended.get('linkpath') ?? header.linkName,
      isSparse: header.type === 'S' || [...extended.keys()].some((key) => key.startsWith('GNU.sparse.')),
      body: bodyOf(reader, left),
    }
    await tolerant(reader.skip(left.bytes))
    if (!(await isSkipped(reader, padding))) return
  }
}

/** Some writers, umoci among them, leave out the padding of the last entry: then all of it was read. */
async function isSkipped(reader: ByteReader, padding: number): Promise<boolean> {
  try {
    await reader.skip(padding)
    return true
  } catch (error) {
    if (error instanceof Truncated) return false
    throw error
  }
}

function contentBytes({ header, extended }: FoundHeader, type: ArchiveEntry['type']): number {
  const size = Number(extended.get('size') ?? header.sizeBytes)
  if (!Number.isSafeInteger(size) || size < 0) throw new ArchiveRefused('archive/damaged', 'tar entry with an impossible size')
  // Links and devices have no content, whatever size they state.
  return type === 'file' ? size : 0
}

async function* bodyOf(reader: ByteReader, left: { bytes: number }): AsyncGenerator<Buffer, void, undefined> {
  while (left.bytes > 0) {
    const chunk = await reader.some(left.bytes)
    if (!chunk) throw new ArchiveRefused('archive/damaged', 'tar ends inside an entry')
    left.bytes -= chunk.length
    yield chunk
  }
}

interface FoundHeader {
  readonly header: TarHeader
  /** What pax and GNU headers before it said, which goes before its own fields. */
  readonly extended: ReadonlyMap<string, string>
}

async function nextHeader(reader: ByteReader, shared: Map<string, string>): Promise<FoundHeader | undefined> {
  const extended = new Map(shared)
  for (let round = 0; round <= maxExtendedInARow; round += 1) {
    if (await reader.isAtEnd()) return undefined
    const block = await tolerant(reader.read(blockBytes))
    if (isZeroBlock(block)) {
      // One alone ends the archive for some unpackers only; npm's goes on.
      if (!isZeroBlock(await reader.peek(blockBytes))) continue
      await onlyZeros(reader)
      return undefined
    }
    const header = tarHeader(block)
    if (!'xXgLK'.includes(header.type)) return { header, extended }
    await readExtended(reader, header, { extended, shared })
  }
  throw new ArchiveRefused('archive/damaged', `more than ${maxExtendedInARow} extended tar headers in a row`)
}

/** An archive ends with two blocks of zeros; readers that go on behind them would see entries that others do not. */
async function onlyZeros(reader: ByteReader): Promise<void> {
  for await (const chunk of reader.rest())
    if (chunk.some((byte) => byte !== 0)) throw new ArchiveRefused('archive/damaged', 'something follows the end of the tar')
}

async function readExtended(reader: ByteReader, { type, sizeBytes }: TarHeader, into: Record<'extended' | 'shared', Map<string, string>>) {
  if (sizeBytes > maxExtendedBytes) throw new ArchiveRefused('archive/bomb', `extended tar header of ${sizeBytes} bytes`)
  const bytes = await tolerant(reader.read(sizeBytes))
  await tolerant(reader.skip((blockBytes - (sizeBytes % blockBytes)) % blockBytes))
  if (type === 'L') into.extended.set('path', text(bytes))
  if (type === 'K') into.extended.set('linkpath', text(bytes))
  if (type !== 'x' && type !== 'X' && type !== 'g') return
  for (const [key, value] of paxRecords(bytes)) {
    into.extended.set(key, value)
    if (type === 'g') into.shared.set(key, value)
  }
}

/** Old GNU sparse files: maps follow the header for as long as each says so. */
async function skipSparseMap(reader: ByteReader): Promise<void> {
  let block: Buffer
  do block = await tolerant(reader.read(blockBytes))
  while (block[504] === 1)
}

async function tolerant<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw error instanceof Truncated ? new ArchiveRefused('archive/damaged', 'tar ends before its end') : error
  }
}
