import type { Located } from '../../metadata/contract.ts'
import type { Badge, Badges } from '../contract.ts'

type ReadBadge = (located: Located) => Promise<Badge>

/** The kinds of badges there are; modules above add theirs. */
export class BadgeKinds implements Badges {
  readonly #kinds = new Map<string, ReadBadge>()

  add(kind: string, read: ReadBadge): void {
    if (this.#kinds.has(kind)) throw new Error(`there is a badge ${kind} already`)
    this.#kinds.set(kind, read)
  }

  get(kind: string): ReadBadge | undefined {
    return this.#kinds.get(kind)
  }

  get names(): readonly string[] {
    return [...this.#kinds.keys()]
  }
}
