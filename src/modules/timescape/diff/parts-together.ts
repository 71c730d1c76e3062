import type { Definitions, GType, Property } from '../gtype/gtype.ts'
import { anything } from '../gtype/normal-form.ts'
import { resolved } from './resolved.ts'

type Properties = ReadonlyMap<string, Property>

/** Types within the parts of one intersection. */
const maxSteps = 2_000

/**
 * The parts of an intersection, each with what the others declare: members that an open object does not declare are taken to bear no name that matters, and
 * beside another part they may. Every part holds all values of the intersection, as before. None when there is too much to go through.
 */
export function partsTogether(parts: readonly GType[], definitions: Definitions): readonly GType[] {
  const together = new Together(definitions)
  const declared = parts.map((part) => together.declaredIn(part))
  const made = parts.map((part, at) => {
    const beside: Properties = new Map(declared.filter((_own, other) => other !== at).flatMap((properties) => [...properties]))
    return beside.size === 0 ? part : together.withBeside(part, beside)
  })
  return together.isCut ? [] : made
}

class Together {
  readonly #definitions: Definitions
  #steps = 0

  constructor(definitions: Definitions) {
    this.#definitions = definitions
  }

  get isCut(): boolean {
    return this.#steps > maxSteps
  }

  declaredIn(type: GType): Properties {
    const found = this.#step(type)
    if (found?.kind === 'object') return found.properties
    const names = partsOf(found).flatMap((part) => [...this.declaredIn(part).keys()])
    // Which of the variants it is nobody knows.
    return new Map(names.map((name) => [name, { type: anything, required: false }]))
  }

  withBeside(type: GType, beside: Properties): GType {
    const found = this.#step(type)
    if (found?.kind === 'object' && found.additional === true) return { ...found, properties: new Map([...beside, ...found.properties]) }
    if (found?.kind === 'union') return { ...found, variants: found.variants.map((variant) => this.withBeside(variant, beside)) }
    if (found?.kind === 'intersection') return { ...found, parts: found.parts.map((part) => this.withBeside(part, beside)) }
    return type
  }

  #step(type: GType): GType | undefined {
    this.#steps += 1
    return this.isCut ? undefined : resolved(type, this.#definitions)
  }
}

function partsOf(type: GType | undefined): readonly GType[] {
  if (type?.kind === 'union') return type.variants
  return type?.kind === 'intersection' ? type.parts : []
}
