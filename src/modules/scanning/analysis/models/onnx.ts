import type { ByteReader } from '../walk/byte-reader.ts'
import { FormatBroken } from './safetensors.ts'

const maxFields = 100_000
/** Fields of ModelProto (onnx.proto) with their wire types: anything else at the top is another message. */
const wireTypes: Readonly<Record<number, number>> = { 1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2 }

/** Walks the fields of the outermost message; throws FormatBroken. Gives whether opset and producer are stated. */
export async function checkOnnx(reader: ByteReader): Promise<{ readonly hasMetadata: boolean }> {
  const seen = new Set<number>()
  for (let fields = 0; !(await reader.isAtEnd()); fields += 1) {
    if (fields > maxFields) throw new FormatBroken('too many fields')
    const key = await varint(reader)
    const field = Math.floor(key / 8)
    if (wireTypes[field] !== key % 8) throw new FormatBroken(`field ${field} is not of a model`)
    seen.add(field)
    if (key % 8 === 0) await varint(reader)
    else await reader.skip(await varint(reader))
  }
  if (!seen.has(1) || !seen.has(7)) throw new FormatBroken('no version of the format or no graph')
  return { hasMetadata: seen.has(8) && seen.has(2) }
}

async function varint(reader: ByteReader): Promise<number> {
  let value = 0
  for (let shift = 0; shift < 10; shift += 1) {
    const byte = (await reader.read(1))[0] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * shift)
    if (byte < 0x80) {
      if (!Number.isSafeInteger(value)) throw new FormatBroken('an impossible number')
      return value
    }
  }
  throw new FormatBroken('a number without an end')
}
