import type { WrittenModel, WrittenTensors } from '../corpus/model/models.ts'

/** The header, and as many bytes behind it as tensors would be. */
export function safetensorsFile(tensors: WrittenTensors, bodyBytes = 1_000): Buffer {
  const entries = Object.entries(tensors).map(([name, [dtype, ...shape]]) => [name, { dtype, shape, data_offsets: [0, 0] }])
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, Buffer.alloc(bodyBytes)])
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])

/** GGUF 3 with one tensor. */
export function ggufFile(keys: Readonly<Record<string, string | number>>): Buffer {
  const pairs = Object.entries(keys).map(([key, value]) =>
    Buffer.concat([text(key), typeof value === 'string' ? Buffer.concat([u32(8), text(value)]) : Buffer.concat([u32(4), u32(value)])]),
  )
  const vocabulary = Buffer.concat([text('tokenizer.ggml.tokens'), u32(9), u32(8), u64(2), text('a'), text('b')])
  const tensor = Buffer.concat([text('token_embd.weight'), u32(2), u64(4), u64(16), u32(0), u64(0)])
  return Buffer.concat([Buffer.from('GGUF'), u32(3), u64(1), u64(pairs.length + 1), ...pairs, vocabulary, tensor, Buffer.alloc(64)])
}

export function modelFiles({ texts = {}, safetensors = {}, gguf = {} }: WrittenModel): Readonly<Record<string, Buffer>> {
  return Object.fromEntries([
    ...Object.entries(texts).map(([name, content]) => [name, Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))]),
    ...Object.entries(safetensors).map(([name, tensors]) => [name, safetensorsFile(tensors)]),
    ...Object.entries(gguf).map(([name, keys]) => [name, ggufFile(keys)]),
  ])
}
