import { textOf } from '../gtype/canonical-text.ts'
import type { Definitions, GType } from '../gtype/gtype.ts'
import { bothExtras, nullable } from '../gtype/normal-form.ts'

/** The type behind the reference, with what the reference itself allows; any other type is itself. */
export function resolved(type: GType, definitions: Definitions): GType | undefined {
  let at: GType | undefined = type
  for (let hops = 0; at?.kind === 'ref' && hops < 16; hops += 1) {
    const found: GType | undefined = definitions.get(at.name)
    at = found && withFacets(found, at)
  }
  return at?.kind === 'ref' ? undefined : at
}

// One copy per type and facets, so that a pair that comes back is known again.
const copies = new WeakMap<GType, Map<string, GType>>()
/** What stands beside a reference holds for what it refers to. */
function withFacets(found: GType, { nullable: takesNull, defaultValue, extra }: GType): GType {
  if (takesNull !== true && defaultValue === undefined && extra === undefined) return found
  const known = copies.get(found) ?? new Map<string, GType>()
  copies.set(found, known)
  const key = textOf({ takesNull, defaultValue, extra })
  const bounded = { ...found, ...(extra && { extra: bothExtras(found.extra, extra) }), ...(defaultValue !== undefined && { defaultValue }) }
  const made = known.get(key) ?? (takesNull === true ? nullable(bounded) : bounded)
  known.set(key, made)
  return made
}
