import type { ByteReader } from '../walk/byte-reader.ts'
import { FormatBroken } from './safetensors.ts'

/** Sizes of the scalar types of GGUF by their number (ggml/docs/gguf.md); 8 is a string, 9 an array. */
const scalarBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]
const maxPairs = 65_536
const maxStringBytes = 16_777_216
const maxTensors = 1_000_000
const maxItems = 50_000_000
const maxTemplates = 16
const architecture = 'general.architecture'

export interface GgufHeader {
  readonly hasArchitecture: boolean
  /** Jinja that runs where the model is used. */
  readonly templates: readonly string[]
}

/** Reads the key-value pairs and tensor descriptions; throws FormatBroken. */
export async function checkGguf(reader: ByteReader): Promise<GgufHeader> {
  await reader.skip(4)
  const version = (await reader.read(4)).readUInt32LE()
  if (version !== 2 && version !== 3) throw new FormatBroken(`version ${version}`)
  const tensors = await count(reader, maxTensors, 'tensors')
  const pairs = await count(reader, maxPairs, 'key-value pairs')
  const wanted = new Map<string, string>()
  for (let index = 0; index < pairs; index += 1) await readPair(reader, wanted)
  for (let index = 0; index < tensors; index += 1) await skipTensor(reader)
  const hasArchitecture = (wanted.get(architecture) ?? '') !== ''
  wanted.delete(architecture)
  return { hasArchitecture, templates: [...wanted.values()] }
}

async function readPair(reader: ByteReader, wanted: Map<string, string>): Promise<void> {
  const key = await text(reader)
  const type = (await reader.read(4)).readUInt32LE()
  const isWanted = key === architecture || (key.startsWith('tokenizer.chat_template') && wanted.size < maxTemplates)
  if (type === 8 && isWanted) wanted.set(key, await text(reader))
  else await skipValue(reader, type)
}

async function skipTensor(reader: ByteReader): Promise<void> {
  await text(reader)
  const dimensions = (await reader.read(4)).readUInt32LE()
  if (dimensions > 8) throw new FormatBroken(`a tensor of ${dimensions} dimensions`)
  await reader.skip(dimensions * 8 + 12)
}

async function skipValue(reader: ByteReader, type: number, depth = 0): Promise<void> {
  if (type === 8) return skipText(reader)
  if (type !== 9) {
    const size = scalarBytes[type]
    if (!size) throw new FormatBroken(`a value of type ${type}`)
    return reader.skip(size)
  }
  const inner = (await reader.read(4)).readUInt32LE()
  const items = await count(reader, maxItems, 'items')
  const size = scalarBytes[inner]
  if (size) return reader.skip(items * size)
  if (depth > 3) throw new FormatBroken('lists inside lists')
  for (let index = 0; index < items; index += 1) await skipValue(reader, inner, depth + 1)
}

async function count(reader: ByteReader, limit: number, what: string): Promise<number> {
  const value = (await reader.read(8)).readBigUInt64LE()
  if (value > BigInt(limit)) throw new FormatBroken(`${value} ${what}`)
  return Number(value)
}

async function skipText(reader: ByteReader): Promise<void> {
  await reader.skip(await count(reader, maxStringBytes, 'bytes of text'))
}

async function text(reader: ByteReader): Promise<string> {
  return (await reader.read(await count(reader, maxStringBytes, 'bytes of text'))).toString('utf8')
}
