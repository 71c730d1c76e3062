import type { Change } from '../../change.ts'
import { sameValue } from '../content.ts'
import { pointer, type Report } from '../report.ts'
import type { Tensor } from './safetensors.ts'

type Facts = Pick<Change, 'rule' | 'bump' | 'message'>
type Tensors = ReadonlyMap<string, Tensor>

/** Between types of one family a loader converts; to another one it needs other code. */
const family = (dtype: string): string => (/^(?:F|BF)\d+$/.test(dtype) ? 'floating point' : dtype)

/** What code that was written for the weights counts on. `folder` is where they are. */
export function compareTensors(
  { before, after }: { readonly before: Tensors; readonly after: Tensors },
  folder: string,
  report: Report,
): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)]
    const change = was && is ? tensorChange(name, was, is) : presenceChange(name, was, is)
    if (change) report({ path: pointer('tensors', folder + name), ...change, before: was, after: is })
  }
}

const presenceChange = (name: string, before: Tensor | undefined, after: Tensor | undefined): Facts | undefined => {
  if (before) return { rule: 'tensor-removed', bump: 'major', message: `the tensor ${name} is gone` }
  return after && { rule: 'tensor-added', bump: 'minor', message: `the tensor ${name} is new` }
}

function tensorChange(name: string, before: Tensor, after: Tensor): Facts | undefined {
  if (!sameValue(before.shape, after.shape)) {
    const message = `the shape of ${name} was [${before.shape.join(', ')}], is [${after.shape.join(', ')}]`
    return { rule: 'tensor-shape-changed', bump: 'major', message }
  }
  if (before.dtype === after.dtype) return undefined
  const bump = family(before.dtype) === family(after.dtype) ? 'minor' : 'major'
  return { rule: 'tensor-type-changed', bump, message: `the numbers of ${name} were ${before.dtype}, are ${after.dtype}` }
}
