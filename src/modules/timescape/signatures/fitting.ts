import { resolved } from '../diff/resolved.ts'
import { type Budget, isContained } from '../diff/subtype.ts'
import type { Definitions, GTypeSymbol, ObjectType, Property } from '../gtype/gtype.ts'
import type { SignatureDirection, SignatureMode } from '../signatures.contract.ts'

export const noDefinitions: Definitions = new Map()

export interface ReadPart {
  readonly direction: SignatureDirection
  readonly mode: SignatureMode
  readonly type: ObjectType
}

/** The table of docs/type-signature-search.md. */
export function fitsPart(symbol: GTypeSymbol, { direction, mode, type }: ReadPart, budget: Budget): boolean {
  const { root, definitions } = symbol
  const own = { type: root, definitions }
  const wanted = { type, definitions: noDefinitions }
  if (direction === 'output' && mode === 'superset') return isContained(own, wanted, budget)
  if (direction === 'input' && mode === 'subset') return isContained(wanted, own, budget)
  const object = resolved(root, definitions)
  if (object?.kind !== 'object') return false
  const takes = ([name, property]: readonly [string, Property]): boolean => {
    const field = object.properties.get(name)
    return (
      field !== undefined && isContained({ type: property.type, definitions: noDefinitions }, { type: field.type, definitions }, budget)
    )
  }
  if (direction === 'input') return [...type.properties].every(takes)
  const outer = { type: closed(optional(type)), definitions: noDefinitions }
  return isContained({ type: closed(object), definitions }, outer, budget)
}

const closed = (object: ObjectType): ObjectType => ({ ...object, additional: false })

const optional = (object: ObjectType): ObjectType => ({
  ...object,
  properties: new Map([...object.properties].map(([name, { type }]) => [name, { type, required: false }])),
})
