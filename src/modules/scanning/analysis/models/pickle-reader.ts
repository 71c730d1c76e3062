import { type ByteReader, Truncated } from '../walk/byte-reader.ts'
import { argumentForm } from './pickle-opcodes.ts'

export interface Opcode {
  /** As one letter, the way pickle.py names it. */
  readonly code: string
  /** Argument; of long strings and bytes the beginning. */
  readonly bytes: Buffer
  /** Second line of GLOBAL and INST. */
  readonly second: Buffer
  readonly isWhole: boolean
}

/** Not a pickle from here on. */
export class NoPickle extends Error {
  override readonly name = 'NoPickle'
}

const keptBytes = 1_048_576
const maxLineBytes = 65_536
const nothing = Buffer.alloc(0)
const sizes = { none: 0, u1: 1, u2: 2, u4: 4, u8: 8, number: 8 } as const

/** One opcode with its argument; throws NoPickle or Truncated. */
export async function readOpcode(reader: ByteReader): Promise<Opcode> {
  const code = (await reader.read(1))[0] ?? 0
  const form = argumentForm(code)
  if (!form) throw new NoPickle(`0x${code.toString(16)} is no opcode`)
  const letter = String.fromCharCode(code)
  switch (form) {
    case 'line':
      return { code: letter, bytes: await readLine(reader), second: nothing, isWhole: true }
    case 'two lines':
      return { code: letter, bytes: await readLine(reader), second: await readLine(reader), isWhole: true }
    case 'len1':
      return { code: letter, ...(await readBytes(reader, (await reader.read(1)).readUInt8())), second: nothing }
    case 'len4':
      return { code: letter, ...(await readBytes(reader, (await reader.read(4)).readUInt32LE())), second: nothing }
    case 'len8':
      return { code: letter, ...(await readBytes(reader, Number((await reader.read(8)).readBigUInt64LE()))), second: nothing }
    default:
      return {
        code: letter,
        bytes: sizes[form] === 0 ? nothing : Buffer.from(await reader.read(sizes[form])),
        second: nothing,
        isWhole: true,
      }
  }
}

async function readBytes(reader: ByteReader, length: number): Promise<{ bytes: Buffer; isWhole: boolean }> {
  if (!Number.isSafeInteger(length)) throw new NoPickle('an impossible length')
  const kept = Math.min(length, keptBytes)
  const bytes = Buffer.from(await reader.read(kept))
  await reader.skip(length - kept)
  return { bytes, isWhole: kept === length }
}

async function readLine(reader: ByteReader): Promise<Buffer> {
  for (let wanted = 128; wanted <= maxLineBytes; wanted *= 4) {
    const bytes = await reader.peek(wanted)
    const end = bytes.indexOf(0x0a)
    if (end >= 0) return Buffer.from((await reader.read(end + 1)).subarray(0, end))
    if (bytes.length < wanted) throw new Truncated('a line without an end')
  }
  throw new NoPickle('a line without an end')
}
