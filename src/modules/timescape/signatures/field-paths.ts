import { resolved } from '../diff/resolved.ts'
import type { Definitions, GType, ObjectType } from '../gtype/gtype.ts'

const maxDepth = 4
const maxPaths = 500
/** Characters; an item of the database's index takes less than 2,700 bytes. */
const maxLength = 200

/** Kinds that a value can be told by; `any` is all of them. */
const kinds = ['string', 'number', 'boolean', 'object', 'array'] as const
type Kind = (typeof kinds)[number]

/** Two that differ behind the bound become one: the index then rules out less, and never what fits. */
export const boundedPath = (path: string): string => (path.length <= maxLength ? path : path.slice(0, maxLength)).toWellFormed()

/** Paths of all members down to four levels, each alone and with each kind it may be; `*` at the end when there are more. */
export function fieldPaths(type: GType, definitions: Definitions): readonly string[] {
  const collected = new FieldPaths(definitions)
  collected.addMembers(type, '', 1)
  return collected.all
}

class FieldPaths {
  readonly #definitions: Definitions
  readonly #paths = new Set<string>()
  #isCut = false

  constructor(definitions: Definitions) {
    this.#definitions = definitions
  }

  get all(): readonly string[] {
    return this.#isCut ? [...this.#paths, '*'] : [...this.#paths]
  }

  addMembers(type: GType, prefix: string, depth: number): void {
    for (const { properties } of objectsOf(type, this.#definitions))
      for (const [name, property] of properties) this.#add(property.type, boundedPath(`${prefix}${name}`), depth)
  }

  #add(type: GType, path: string, depth: number): void {
    this.#isCut ||= depth > maxDepth || this.#paths.size >= maxPaths
    if (this.#isCut) return
    this.#paths.add(path)
    for (const kind of kindsOf(type, this.#definitions)) this.#paths.add(`${path}:${kind}`)
    this.addMembers(type, `${path}.`, depth + 1)
    for (const items of itemsOf(type, this.#definitions)) this.addMembers(items, `${path}[].`, depth + 1)
  }
}

/** Objects a value may be, through references, unions and intersections. */
export function objectsOf(type: GType, definitions: Definitions, depth = 0): readonly ObjectType[] {
  const at = resolved(type, definitions)
  if (!at || depth > maxDepth) return []
  if (at.kind === 'object') return [at]
  if (at.kind === 'union') return at.variants.flatMap((variant) => objectsOf(variant, definitions, depth + 1))
  return at.kind === 'intersection' ? at.parts.flatMap((part) => objectsOf(part, definitions, depth + 1)) : []
}

function itemsOf(type: GType, definitions: Definitions): readonly GType[] {
  const at = resolved(type, definitions)
  if (at?.kind === 'array') return [at.items]
  return at?.kind === 'tuple' ? at.items : []
}

export function kindsOf(type: GType, definitions: Definitions, depth = 0): readonly Kind[] {
  const at = resolved(type, definitions)
  if (!at || depth > maxDepth) return kinds
  switch (at.kind) {
    case 'enum':
      return [...new Set(at.values.map((value) => typeof value as Kind))]
    case 'tuple':
      return ['array']
    case 'union':
      return [...new Set(at.variants.flatMap((variant) => kindsOf(variant, definitions, depth + 1)))]
    case 'intersection':
      return [...new Set(at.parts.flatMap((part) => kindsOf(part, definitions, depth + 1)))]
    case 'any':
    case 'opaque':
      return kinds
    default:
      return kinds.filter((kind) => kind === at.kind)
  }
}
