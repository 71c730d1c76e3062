import type { ByteReader } from '../walk/byte-reader.ts'
import { FormatBroken } from './safetensors.ts'

const maxHeaderBytes = 1_048_576

/** Reads the header of an `.npy`; whether pickles follow it, as they do for arrays of objects. Throws FormatBroken. */
export async function hasPickledItems(reader: ByteReader): Promise<boolean> {
  const magic = await reader.read(8)
  if (magic.toString('latin1', 0, 6) !== '\x93NUMPY') throw new FormatBroken('no numpy array')
  const isShort = magic[6] === 1
  const field = await reader.read(isShort ? 2 : 4)
  const length = isShort ? field.readUInt16LE() : field.readUInt32LE()
  if (length > maxHeaderBytes) throw new FormatBroken(`a header of ${length} bytes`)
  const header = (await reader.read(length)).toString('latin1')
  if (!/'descr'\s*:/.test(header) || !/'shape'\s*:/.test(header)) throw new FormatBroken('a header without type or shape')
  return /'descr'\s*:[^}]*\|?O\d*'/.test(header)
}
