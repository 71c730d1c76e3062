import { Readable } from 'node:stream'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'

export interface PackedFile {
  readonly name: string
  readonly content?: Buffer | string
  /** The type flag of the header; a file unless said. */
  readonly type?: string
  readonly linkName?: string
  readonly statedBytes?: number
}

/** A tar of these entries, whatever their names and types. */
export async function tarOf(files: readonly PackedFile[]): Promise<Buffer> {
  return Buffer.concat([...files.flatMap(tarEntry), Buffer.alloc(1024)])
}

function tarEntry({ name, content = '', type = '0', linkName = '', statedBytes }: PackedFile): Buffer[] {
  const bytes = Buffer.from(content)
  const path = Buffer.from(name)
  if (path.length > 100) {
    const long = tarEntry({ name: '././@LongLink', content: `${name}\0`, type: 'L' })
    return [
      ...long,
      ...tarEntry({ name: path.toString('utf8', 0, 90), content, type, linkName, ...(statedBytes === undefined ? {} : { statedBytes }) }),
    ]
  }
  const header = Buffer.alloc(512)
  path.copy(header)
  header.write('0000644\0', 100)
  header.write(`${(statedBytes ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(linkName, 157)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
}

export const tgzOf = async (files: readonly PackedFile[]): Promise<Buffer> => gzipSync(await tarOf(files))

interface ZippedFile {
  readonly name: string
  readonly content: Buffer | string
  readonly isStored?: boolean
  readonly flags?: number
  /** What its header claims; the content decides without it. */
  readonly statedBytes?: number
}

/** A zip written by hand, so that it can lie. */
export function zipOf(files: readonly ZippedFile[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, content, isStored = false, flags = 0, statedBytes } of files) {
    const raw = Buffer.from(content)
    const packed = isStored ? raw : deflateRawSync(raw)
    const path = Buffer.from(name)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(flags, 2)
    fields.writeUInt16LE(isStored ? 0 : 8, 4)
    fields.writeUInt32LE(crc32(raw), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(statedBytes ?? raw.length, 18)
    fields.writeUInt16LE(path.length, 22)
    locals.push(Buffer.from('504b0304', 'hex'), fields, path, packed)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(0o100644 * 65_536, 6)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.from('504b01021403', 'hex'), fields, tail, path)
    offset += 30 + path.length + packed.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('504b0506', 'hex')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

export const streamOf = (bytes: Buffer): Readable => Readable.from(chunksOf(bytes), { objectMode: false })

function* chunksOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
