/** POSIX.1-1988 ustar, the pax headers of POSIX.1-2001 and GNU's long names: what `npm pack`, GNU tar and bsdtar write. */
export type TarEntryType = 'file' | 'directory' | 'pax' | 'pax-global' | 'gnu-long-name' | 'other'

export interface TarHeader {
  readonly name: string
  /** Bytes that follow the header, without padding. */
  readonly sizeBytes: number
  readonly type: TarEntryType
}

export const blockBytes = 512

const types: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  '0': 'file',
  '5': 'directory',
  x: 'pax',
  g: 'pax-global',
  L: 'gnu-long-name',
}

/** `undefined` for a block of zeros, `'invalid'` when the checksum is wrong or a number is none. */
export function decodeHeader(block: Buffer): TarHeader | undefined | 'invalid' {
  const sum = checksum(block)
  if (sum === spaces && block.every((byte) => byte === 0)) return undefined
  if (sum !== numberAt(block, 148, 8)) return 'invalid'
  const sizeBytes = numberAt(block, 124, 12)
  if (sizeBytes === undefined) return 'invalid'
  const short = textAt(block, 0, 100)
  // GNU's own format has times where ustar has the first part of long names.
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textAt(block, 345, 155) : ''
  // Readers that want the version of the format, too, would see another name.
  if (prefix !== '' && block.toString('latin1', 263, 265) !== '00') return 'invalid'
  const name = prefix === '' ? short : `${prefix}/${short}`
  const type = types[String.fromCharCode(block[156] ?? 0)] ?? 'other'
  // Before ustar a directory was a file whose name ends so.
  return { name, sizeBytes, type: type === 'file' && name.endsWith('/') ? 'directory' : type }
}

/** The checksum field itself counts as eight spaces. */
const spaces = 8 * 32
function checksum(block: Buffer): number {
  let sum = spaces
  for (let at = 0; at < 148; at += 1) sum += block[at] ?? 0
  for (let at = 156; at < blockBytes; at += 1) sum += block[at] ?? 0
  return sum
}

/** Octal digits, or base 256 when the first bit is set (GNU, for 8 GiB and more). */
function numberAt(block: Buffer, start: number, length: number): number | undefined {
  if (((block[start] ?? 0) & 0x80) !== 0) {
    const high = block.subarray(start + 1, start + length - 6)
    return block[start] === 0x80 && high.every((byte) => byte === 0) ? block.readUIntBE(start + length - 6, 6) : undefined
  }
  const digits = textAt(block, start, length).trim()
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

function textAt(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start)
  return block.toString('utf8', start, end < 0 || end > start + length ? start + length : end)
}

/** Records `<length> <key>=<value>\n` of a pax header; `undefined` when they are malformed. */
export function decodePax(bytes: Buffer): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const digits = space < 0 || space > at + 10 ? '' : bytes.toString('latin1', at, space)
    const end = /^[1-9]\d*$/.test(digits) ? at + Number(digits) : Number.POSITIVE_INFINITY
    const equals = bytes.indexOf(0x3d, space)
    if (end > bytes.length || bytes[end - 1] !== 0x0a || equals < 0 || equals >= end) return undefined
    // Some readers part records at line ends, whatever their lengths say.
    if (bytes.indexOf(0x0a, at) !== end - 1) return undefined
    records.set(bytes.toString('utf8', space + 1, equals), bytes.toString('utf8', equals + 1, end - 1))
    at = end
  }
  return records
}
