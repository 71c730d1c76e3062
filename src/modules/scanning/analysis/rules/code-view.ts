import { areNear, type CodeFacts, type Fact, type FactKind, type KnownString } from '../javascript/facts.ts'
import { credentialKinds } from './patterns.ts'

const matchedChars = 20_000

/** Questions that rules ask of a file. */
export class CodeView {
  readonly code: CodeFacts
  readonly #byKind = new Map<FactKind, Fact[]>()

  constructor(code: CodeFacts) {
    this.code = code
    for (const fact of code.facts) {
      const list = this.#byKind.get(fact.kind)
      if (list) list.push(fact)
      else this.#byKind.set(fact.kind, [fact])
    }
  }

  of(...kinds: readonly FactKind[]): readonly Fact[] {
    return kinds.flatMap((kind) => this.#byKind.get(kind) ?? [])
  }

  strings(pattern: RegExp): readonly KnownString[] {
    return this.code.strings.filter(({ value }) => pattern.test(value.length > matchedChars ? value.slice(0, matchedChars) : value))
  }

  /** The first of `those` that has one of each of the other groups near. */
  near<T extends { readonly at: number }>(those: readonly T[], ...others: readonly (readonly { readonly at: number }[])[]): T | undefined {
    return those.find((one) => others.every((group) => group.some((other) => areNear(this.code, one, other))))
  }

  /** Whatever leaves the machine. */
  get sends(): readonly Fact[] {
    return this.of('sends', 'connects', 'looks up names')
  }

  /** Kinds of credentials that the file names near one of these places. */
  credentialsNear(places: readonly { readonly at: number }[]): { readonly kinds: readonly string[]; readonly line: number } {
    const kinds: string[] = []
    let line = 1
    for (const [kind, pattern] of credentialKinds) {
      const found = this.near(this.strings(pattern), places)
      if (!found) continue
      if (kinds.length === 0) line = found.line
      kinds.push(kind)
    }
    return { kinds, line }
  }
}
