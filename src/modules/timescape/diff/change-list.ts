import type { Bump, Change } from '../change.ts'
import type { Direction } from '../gtype/gtype.ts'
import { step } from '../json-pointer.ts'
import { bumpOf, greatest, type TypeRule } from './rules.ts'

/** More differences of one type than this say no more. */
const maxChanges = 500

interface Noted {
  readonly message: string
  readonly before?: unknown
  readonly after?: unknown
}

/** Where in a type something is. */
export class Place {
  readonly path: string
  readonly depth: number

  constructor(path: string, depth = 0) {
    this.path = path
    this.depth = depth
  }

  at(...keys: readonly (string | number)[]): Place {
    return new Place(`${this.path}${keys.map(step).join('')}`, this.depth + 1)
  }
}

/** Differences of one symbol, with what they mean in its direction. */
export class ChangeList {
  readonly changes: Change[] = []
  readonly #direction: Direction
  #isCut = false

  constructor(direction: Direction) {
    this.#direction = direction
  }

  note(rule: TypeRule, place: Place, { message, before, after }: Noted): void {
    const bump = bumpOf(rule, this.#direction)
    if (bump === 'none' || !this.#hasRoomFor(bump)) return
    this.changes.push({
      ...{ path: place.path, rule, bump, message },
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    })
  }

  get required() {
    return greatest(this.changes.map(({ bump }) => bump))
  }

  /** Full, and nothing that may come makes the verdict another one. */
  get isSettled(): boolean {
    return this.changes.length >= maxChanges && this.required === 'major'
  }

  /** Nobody looked for more differences. */
  cut(): void {
    this.#isCut = true
  }

  /** Some differences are not listed. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** What breaks takes the place of what does not: a limit makes no verdict milder. */
  #hasRoomFor(bump: Bump): boolean {
    if (this.changes.length < maxChanges) return true
    this.#isCut = true
    const milder = bump === 'major' ? this.changes.findLastIndex((change) => change.bump !== 'major') : -1
    if (milder >= 0) this.changes.splice(milder, 1)
    return milder >= 0
  }

  /** Whether the rule would break anybody in this direction. */
  concerns(side: 'request' | 'response'): boolean {
    return this.#direction === 'both' || this.#direction === side
  }
}
