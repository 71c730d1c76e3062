import type { ByteReader } from '../walk/byte-reader.ts'
import type { Value } from './pickle-machine.ts'
import { NoPickle } from './pickle-reader.ts'

/** joblib puts the bytes of an array right behind the BUILD of its wrapper, in the middle of the pickle; steps over them. */
export async function joblibArrayBytes(built: Value, reader: ByteReader): Promise<void> {
  if (built.kind !== 'object' || built.of.kind !== 'global') return
  if (built.of.module !== 'joblib.numpy_pickle' || built.of.name !== 'NumpyArrayWrapper') return
  const shape = built.state.get('shape')
  const letters = dtypeOf(built.state.get('dtype'))
  // Arrays of objects are pickles again, and go on where this one is.
  if (letters === undefined || letters.startsWith('O')) return
  const itemBytes = Number(/\d+$/.exec(letters)?.[0] ?? 1)
  const dimensions = shape?.kind === 'list' ? shape.items.map((item) => (item.kind === 'number' ? item.number : Number.NaN)) : []
  const total = dimensions.reduce((product, dimension) => product * dimension, itemBytes)
  if (!Number.isSafeInteger(total) || total < 0) throw new NoPickle('an array of unknown size')
  if (built.state.get('numpy_array_alignment_bytes')?.kind === 'number') await reader.skip((await reader.read(1)).readUInt8())
  await reader.skip(total)
}

function dtypeOf(value: Value | undefined): string | undefined {
  if (value?.kind !== 'object' || value.args.kind !== 'list') return undefined
  const [letters] = value.args.items
  return letters?.kind === 'text' ? letters.text.replace(/^[<>|=]/, '') : undefined
}
