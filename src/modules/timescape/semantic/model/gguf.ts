import { createHash } from 'node:crypto'
import { UnreadableContent } from '../content.ts'
import type { ModelReader } from './read-model.ts'
import type { Tensor, TensorFile } from './safetensors.ts'

/** Vocabularies are in the header: some megabytes for large ones. */
const maxHeaderBytes = 33_554_432
const maxCount = 1_000_000
const fixedSizes: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 }
const textType = 8
const arrayType = 9

/** Names of the types of tensors in `ggml.h`, as far as they are in use. */
const tensorTypes: Readonly<Record<number, string>> = {
  ...{
    0: 'F32',
    1: 'F16',
    2: 'Q4_0',
    3: 'Q4_1',
    6: 'Q5_0',
    7: 'Q5_1',
    8: 'Q8_0',
    9: 'Q8_1',
    10: 'Q2_K',
    11: 'Q3_K',
    12: 'Q4_K',
    13: 'Q5_K',
  },
  ...{ 14: 'Q6_K', 15: 'Q8_K', 24: 'I8', 25: 'I16', 26: 'I32', 27: 'I64', 28: 'F64', 30: 'BF16' },
}

/** Keys and tensors of the header (GGUF 2 and 3). Arrays stand for themselves by length and hash. Throws UnreadableContent. */
export async function readGguf(reader: ModelReader, name: string): Promise<TensorFile | undefined> {
  // How long the header is nobody knows before it is read: most are short.
  for (const bytes of [1_048_576, 8_388_608, maxHeaderBytes]) {
    const head = await reader.head(name, { start: 0, bytes })
    const header = head && tryHeader(head)
    if (!head || header) return header
    if (head.length < bytes) break
  }
  throw new UnreadableContent(`the header of ${name} is cut short or has more than ${maxHeaderBytes} bytes`)
}

/** Undefined when there is more of it. */
function tryHeader(bytes: Buffer): TensorFile | undefined {
  try {
    return new GgufHeader(bytes).read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Reads beyond the end throw RangeError. */
class GgufHeader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  read(): TensorFile {
    if (this.#take(4).toString('latin1') !== 'GGUF') throw new UnreadableContent('it is no GGUF file')
    const version = this.#u32()
    if (version !== 2 && version !== 3) throw new UnreadableContent(`GGUF ${version} is not known`)
    const [tensors, keys] = [this.#count(), this.#count()]
    const metadata = new Map<string, string>()
    for (let index = 0; index < keys; index += 1) metadata.set(this.#text(), this.#value(this.#u32()))
    const found = new Map<string, Tensor>()
    for (let index = 0; index < tensors; index += 1) {
      const name = this.#text()
      const shape = Array.from({ length: Math.min(this.#u32(), 8) }, () => Number(this.#u64()))
      const type = this.#u32()
      this.#take(8)
      found.set(name, { dtype: tensorTypes[type] ?? `type ${type}`, shape })
    }
    return { tensors: found, metadata }
  }

  #value(type: number): string {
    if (type === textType) return this.#text()
    if (type === arrayType) return this.#array()
    const size = fixedSizes[type]
    if (size === undefined) throw new UnreadableContent(`a value of type ${type} is not known`)
    return numberIn(type, this.#take(size))
  }

  #array(): string {
    const type = this.#u32()
    const length = this.#count()
    const start = this.#at
    const size = fixedSizes[type]
    if (size !== undefined) this.#take(size * length)
    else if (type === textType) for (let index = 0; index < length; index += 1) this.#take(this.#count())
    else throw new UnreadableContent(`an array of type ${type} is not known`)
    return `${length} values, sha256:${createHash('sha256').update(this.#bytes.subarray(start, this.#at)).digest('hex').slice(0, 16)}`
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('beyond the end')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #text = (): string => this.#take(this.#count()).toString('utf8')
  #u32 = (): number => this.#take(4).readUInt32LE()
  #u64 = (): bigint => this.#take(8).readBigUInt64LE()

  #count(): number {
    const count = this.#u64()
    if (count > BigInt(maxHeaderBytes) || count > BigInt(maxCount * 32)) throw new UnreadableContent('a length is beyond all measure')
    return Number(count)
  }
}

function numberIn(type: number, bytes: Buffer): string {
  switch (type) {
    case 6:
      return String(bytes.readFloatLE())
    case 12:
      return String(bytes.readDoubleLE())
    case 7:
      return String(bytes[0] === 1)
    case 10:
      return String(bytes.readBigUInt64LE())
    case 11:
      return String(bytes.readBigInt64LE())
    default:
      return String(type % 2 === 0 ? bytes.readUIntLE(0, bytes.length) : bytes.readIntLE(0, bytes.length))
  }
}
