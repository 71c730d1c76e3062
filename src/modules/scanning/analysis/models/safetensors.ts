import type { ByteReader } from '../walk/byte-reader.ts'

/** The document does not follow its format. */
export class FormatBroken extends Error {
  override readonly name = 'FormatBroken'
}

const maxHeaderBytes = 100_000_000
/** Of a header that is longer only the length is checked. */
const parsedHeaderBytes = 33_554_432
const bitsOf: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  F64: 64,
  I64: 64,
  U64: 64,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  C64: 64,
}

interface Tensor {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/** Checks the header against the bytes that follow; throws FormatBroken. Gives whether there is metadata. */
export async function checkSafetensors(reader: ByteReader): Promise<{ readonly hasMetadata: boolean }> {
  const length = Number((await reader.read(8)).readBigUInt64LE())
  if (!Number.isSafeInteger(length) || length > maxHeaderBytes || length < 2) throw new FormatBroken(`a header of ${length} bytes`)
  const dataBytes = async (): Promise<number> => {
    const start = reader.position
    for await (const _ of reader.rest());
    return reader.position - start
  }
  if (length > parsedHeaderBytes) {
    await reader.skip(length)
    return { hasMetadata: true }
  }
  const header = parsedHeader(await reader.read(length))
  const end = checkTensors(header)
  const found = await dataBytes()
  if (found !== end) throw new FormatBroken(`${end} bytes of tensors are announced, ${found} follow`)
  return { hasMetadata: '__metadata__' in header }
}

function parsedHeader(bytes: Buffer): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new FormatBroken('the header is no JSON')
  }
  if (bytes[0] !== 0x7b || typeof header !== 'object' || header === null) throw new FormatBroken('the header is no object')
  return header as Record<string, unknown>
}

function checkTensors(header: Record<string, unknown>): number {
  const spans: [number, number][] = []
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue
    if (!isTensor(value)) throw new FormatBroken(`${name.slice(0, 60)} is no tensor`)
    const [start, end] = value.data_offsets
    const bits = value.shape.reduce((product, dimension) => product * dimension, bitsOf[value.dtype] ?? Number.NaN)
    if (Math.ceil(bits / 8) !== end - start)
      throw new FormatBroken(`${name.slice(0, 60)} has ${end - start} bytes, its shape wants ${bits / 8}`)
    spans.push([start, end])
  }
  let at = 0
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start !== at) throw new FormatBroken('tensors overlap or leave gaps')
    at = end
  }
  return at
}

function isTensor(value: unknown): value is Tensor {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Tensor>
  const isCount = (number: unknown) => Number.isSafeInteger(number) && (number as number) >= 0
  return (
    typeof dtype === 'string' &&
    dtype in bitsOf &&
    Array.isArray(shape) &&
    shape.every(isCount) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(isCount)
  )
}
