import type { Compression } from './decompression.ts'
import { blockBytes, isTarHeader } from './tar-header.ts'
import { isSkippable } from './zstd-frames.ts'

export type ArchiveFormat = 'tar' | 'zip' | Compression | 'bzip2' | 'xz' | '7z' | 'rar' | 'ar'

/** Enough of the beginning to tell any format. */
export const headBytes = blockBytes

const magics: readonly (readonly [ArchiveFormat, string])[] = [
  ['gzip', '1f8b08'],
  ['zstd', '28b52ffd'],
  ['zip', '504b0304'],
  ['zip', '504b0506'],
  ['bzip2', '425a68'],
  ['xz', 'fd377a585a00'],
  ['7z', '377abcaf271c'],
  ['rar', '526172211a07'],
  ['ar', '213c617263683e0a'],
]

/** What the first bytes say it is; names are not believed. */
export function archiveFormat(head: Buffer): ArchiveFormat | undefined {
  // Before all magics: the name of a first entry such as `BZh` is one, and a right checksum is no accident.
  if (isTarHeader(head.subarray(0, blockBytes))) return 'tar'
  const hex = head.toString('hex', 0, 8)
  const found = magics.find(([, magic]) => hex.startsWith(magic))
  if (found) return found[0]
  if (isSkippable(head)) return 'zstd'
  // zlib without a container is what joblib and git write: deflate with a window, header divisible by 31.
  const isZlib = head.length > 2 && ['7801', '785e', '789c', '78da'].includes(hex.slice(0, 4))
  return isZlib ? 'zlib' : undefined
}

export type NativeFormat = 'ELF' | 'PE' | 'Mach-O' | 'WebAssembly'

/** Programs and libraries of a machine, by their first bytes. */
export function nativeFormat(head: Buffer): NativeFormat | undefined {
  const hex = head.toString('hex', 0, 4)
  if (hex === '7f454c46') return 'ELF'
  if (['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe'].includes(hex)) return 'Mach-O'
  // A fat Mach-O shares its magic with Java classes, whose next number is a version of 45 and more.
  if (hex === 'cafebabe' && head.length >= 8 && head.readUInt32BE(4) < 40) return 'Mach-O'
  if (hex === '0061736d') return 'WebAssembly'
  if (!hex.startsWith('4d5a') || head.length < 64) return undefined
  const at = head.readUInt32LE(60)
  return at + 4 > head.length || head.toString('latin1', at, at + 2) === 'PE' ? 'PE' : undefined
}
