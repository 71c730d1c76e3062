import { textOf } from '../gtype/canonical-text.ts'
import type { Definitions, GTypeSymbol } from '../gtype/gtype.ts'
import { referencesOf } from '../gtype/references.ts'

/**
 * Which symbols mean the same in two versions: their types are equal, and so is everything they refer to. What was found of definitions that symbols share
 * is kept, so that all of them together are gone through once.
 */
export class Sameness {
  readonly #known = new Map<Definitions, Map<Definitions, Set<string>>>()

  areSame(before: GTypeSymbol, after: GTypeSymbol): boolean {
    if (textOf(before.root) !== textOf(after.root)) return false
    const same = this.#sameNames(before.definitions, after.definitions)
    const reached = new Set<string>(referencesOf(before.root))
    // A set that grows while it is gone through is gone through to its end.
    for (const name of reached) {
      if (same.has(name)) continue
      const [left, right] = [before.definitions.get(name), after.definitions.get(name)]
      if (textOf(left) !== textOf(right)) return false
      for (const next of left ? referencesOf(left) : []) reached.add(next)
    }
    for (const name of reached) same.add(name)
    return true
  }

  #sameNames(before: Definitions, after: Definitions): Set<string> {
    const afters = this.#known.get(before) ?? new Map<Definitions, Set<string>>()
    this.#known.set(before, afters)
    const names = afters.get(after) ?? new Set<string>()
    afters.set(after, names)
    return names
  }
}
