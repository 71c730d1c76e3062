import { isMembers, type Members, readMembers, textMembers, UnreadableContent } from '../content.ts'
import type { ModelReader } from './read-model.ts'

export interface Tensor {
  readonly dtype: string
  readonly shape: readonly number[]
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly metadata: ReadonlyMap<string, string>
}

/** The format allows 100 MB; a tensor takes some 100 bytes. */
const maxHeaderBytes = 8_388_608

/** The header alone: eight bytes with its length, then JSON. The tensors behind it are never read. Throws UnreadableContent. */
export async function readSafetensors(reader: ModelReader, name: string): Promise<TensorFile | undefined> {
  const prefix = await reader.head(name, { start: 0, bytes: 8 })
  if (!prefix) return undefined
  if (prefix.length < 8) throw new UnreadableContent(`${name} is no safetensors file`)
  const length = prefix.readBigUInt64LE()
  if (length > BigInt(maxHeaderBytes)) throw new UnreadableContent(`the header of ${name} has more than ${maxHeaderBytes} bytes`)
  const header = await reader.head(name, { start: 8, bytes: Number(length) })
  if (header?.length !== Number(length)) throw new UnreadableContent(`${name} is cut short`)
  const { __metadata__, ...entries } = readMembers(header.toString('utf8'), `the header of ${name}`)
  return {
    tensors: new Map(Object.entries(entries).map(([tensor, entry]) => [tensor, tensorOf(tensor, entry)])),
    metadata: textMembers(__metadata__),
  }
}

function tensorOf(name: string, entry: unknown): Tensor {
  const { dtype, shape }: Members = isMembers(entry) ? entry : {}
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every((size) => typeof size === 'number'))
    throw new UnreadableContent(`the tensor ${name.slice(0, 100)} has no type or no shape`)
  return { dtype, shape }
}
