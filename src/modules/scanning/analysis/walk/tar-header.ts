import { ArchiveRefused } from './limits.ts'

export const blockBytes = 512

export interface TarHeader {
  readonly name: string
  readonly mode: number
  readonly sizeBytes: number
  /** The type flag of the header: `0` file, `1` hard link, `2` symbolic link, … */
  readonly type: string
  readonly linkName: string
  /** Of GNU's sparse files: whether further blocks of their map follow. */
  readonly isMapContinued: boolean
}

export const isTarHeader = (block: Buffer): boolean => block.length === blockBytes && hasChecksum(block)
export const isZeroBlock = (block: Buffer): boolean => block.every((byte) => byte === 0)

/** One header block as POSIX ustar, GNU and old tar write it; throws ArchiveRefused for another. */
export function tarHeader(block: Buffer): TarHeader {
  if (!hasChecksum(block)) throw new ArchiveRefused('archive/damaged', 'tar header with a wrong checksum')
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = isUstar ? text(block.subarray(345, 500)) : ''
  const name = text(block.subarray(0, 100))
  const type = block.toString('latin1', 156, 157)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(block.subarray(100, 108)),
    sizeBytes: number(block.subarray(124, 136)),
    type: type === '\0' ? (name.endsWith('/') ? '5' : '0') : type,
    linkName: text(block.subarray(157, 257)),
    isMapContinued: block[482] === 1,
  }
}

/** Records of a pax header: `<length> <key>=<value>\n`. What does not follow that is left out. */
export function paxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  let offset = 0
  while (offset < bytes.length) {
    const space = bytes.indexOf(0x20, offset)
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', offset, space))
    if (!Number.isInteger(length) || length <= space - offset || offset + length > bytes.length) break
    const record = bytes.toString('utf8', space + 1, offset + length - 1)
    const equals = record.indexOf('=')
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1))
    offset += length
  }
  return records
}

export const text = (field: Buffer): string => {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

/** Octal text, or GNU's base 256 when the first bit is set. */
function number(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
    if (!Number.isSafeInteger(value) || field[0] === 0xff) throw new ArchiveRefused('archive/damaged', 'tar header with an impossible size')
    return value
  }
  const octal = field.toString('latin1').replaceAll(/[\0 ]/g, '')
  const value = octal === '' ? 0 : /^[0-7]+$/.test(octal) ? Number.parseInt(octal, 8) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new ArchiveRefused('archive/damaged', 'tar header with a number that is none')
  return value
}

function hasChecksum(block: Buffer): boolean {
  const stated = Number.parseInt(block.toString('latin1', 148, 156).replaceAll(/[\0 ]/g, ''), 8)
  let sum = 8 * 0x20
  for (let index = 0; index < blockBytes; index += 1) if (index < 148 || index >= 156) sum += block[index] ?? 0
  return stated === sum
}
