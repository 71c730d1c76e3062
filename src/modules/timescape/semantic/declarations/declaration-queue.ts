import type ts from 'typescript'
import type { Place } from './place.ts'

/** A declaration of both versions, and where it was referred to. */
export interface Scheduled {
  readonly old: ts.Symbol
  readonly now: ts.Symbol
  readonly place: Place
}

/** What users get or hand over, then what is only exported, then what is none of their business: each tells less than the one before it. */
const ways = ['used', 'named', 'internal'] as const
type Way = (typeof ways)[number]

const wayOf = ({ position, isInternal }: Place): Way => {
  if (isInternal) return 'internal'
  return position === 'named' ? 'named' : 'used'
}

/** Declarations that are still to be compared: once for each way they are used, and not at all where more is known than this way tells. */
export class DeclarationQueue {
  readonly #waiting: Readonly<Record<Way, Scheduled[]>> = { used: [], named: [], internal: [] }
  readonly #known = new Map<ts.Symbol, Map<ts.Symbol, Set<string>>>()

  add(scheduled: Scheduled): void {
    const known = this.#knownOf(scheduled)
    const way = wayOf(scheduled.place)
    const key = `${way} ${scheduled.place.position}`
    if (known.has(key)) return
    known.add(key)
    this.#waiting[way].push(scheduled)
  }

  next(): Scheduled | undefined {
    for (const [index, way] of ways.entries()) {
      const better = ways.slice(0, index)
      for (let next = this.#waiting[way].shift(); next; next = this.#waiting[way].shift()) {
        const known = [...this.#knownOf(next)]
        if (!known.some((key) => better.some((other) => key.startsWith(other)))) return next
      }
    }
    return undefined
  }

  #knownOf({ old, now }: Scheduled): Set<string> {
    const others = this.#known.get(old) ?? new Map<ts.Symbol, Set<string>>()
    this.#known.set(old, others)
    const known = others.get(now) ?? new Set<string>()
    others.set(now, known)
    return known
  }
}
