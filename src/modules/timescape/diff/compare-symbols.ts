import type { Change } from '../change.ts'
import { textOf } from '../gtype/canonical-text.ts'
import type { Direction, GTypeSymbol } from '../gtype/gtype.ts'
import { ChangeList, Place } from './change-list.ts'
import { TypeComparison } from './compare-types.ts'
import { gravest } from './gravest.ts'
import { Sameness } from './sameness.ts'
import { type Budget, isContained, newBudget } from './subtype.ts'

type Symbols = ReadonlyMap<string, GTypeSymbol>

/** More changes of one version than this say no more. */
const maxChanges = 1_000

interface ComparedSymbols {
  readonly changes: readonly Change[]
  /** There were more changes than are listed. */
  readonly isCut: boolean
}

/** What changed between the types of two versions, in the order of their names. */
export const compareSymbols = (before: Symbols, after: Symbols): readonly Change[] => compareAll(before, after).changes

/** All symbols share one budget; beyond it, what cannot be shown to be safe is a changed type. No limit hides what breaks. */
export function compareAll(before: Symbols, after: Symbols): ComparedSymbols {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  const all = { budget: newBudget(), sameness: new Sameness(), onlyBefore: onlyIn(before, after), onlyAfter: onlyIn(after, before) }
  const changes: Change[] = []
  let isCut = false
  for (const name of names) {
    const list = listOf({ before: before.get(name), after: after.get(name) }, all)
    isCut ||= list.isCut
    for (const change of list.changes) changes.push(change)
  }
  return { changes: gravest(changes, maxChanges), isCut: isCut || changes.length > maxChanges }
}

interface Pair<T> {
  readonly before: T
  readonly after: T
}

/** What the comparisons of all symbols have in common. */
interface Shared {
  readonly budget: Budget
  readonly sameness: Sameness
  readonly onlyBefore: NamesByType
  readonly onlyAfter: NamesByType
}

type NamesByType = ReadonlyMap<string, string>

/** The first symbol of each type that the other version has none of that name for. */
function onlyIn(own: Symbols, other: Symbols): NamesByType {
  const names = new Map<string, string>()
  for (const { name, root } of own.values()) {
    if (other.has(name)) continue
    const text = textOf(root)
    if (!names.has(text)) names.set(text, name)
  }
  return names
}

function listOf({ before, after }: Pair<GTypeSymbol | undefined>, all: Shared): ChangeList {
  if (before && after) return compareSymbol(before, after, all)
  const symbol = before ?? after
  const list = new ChangeList(symbol?.direction ?? 'both')
  if (!symbol) return list
  const twin = (before ? all.onlyAfter : all.onlyBefore).get(textOf(symbol.root))
  const hint = (words: string): string => (twin === undefined ? '' : `; perhaps it ${words} ${twin}`)
  const place = new Place('').at('gtypes', symbol.name)
  if (before) list.note('type-removed', place, { message: `the type ${symbol.name} is gone${hint('is now called')}` })
  else list.note('type-added', place, { message: `the type ${symbol.name} is new${hint('was called')}` })
  return list
}

const meeting = (before: Direction, after: Direction): Direction => (before === after ? after : 'both')

function compareSymbol(before: GTypeSymbol, after: GTypeSymbol, { budget, sameness }: Shared): ChangeList {
  const list = new ChangeList(meeting(before.direction, after.direction))
  const place = new Place('').at('gtypes', after.name)
  if (before.direction !== after.direction)
    list.note('direction-changed', place, { message: `was a ${before.direction} type, is a ${after.direction} type` })
  if (before.status !== after.status) {
    const facts = { before: before.status ?? null, after: after.status ?? null }
    list.note('status-changed', place.at('status'), { message: `the status ${facts.before} became ${facts.after}`, ...facts })
  }
  if (sameness.areSame(before, after)) return list
  new TypeComparison(list, { before: before.definitions, after: after.definitions }, budget).compare(before.root, after.root, place)
  if (list.required !== 'major' && !isSafe({ before, after }, list, budget))
    list.note('type-changed', place, { message: 'the type changed in a way that cannot be shown to be safe' })
  return list
}

/** No verdict is milder than what is certain of the types as wholes: what the comparison of parts did not see is a changed type. */
function isSafe({ before, after }: Pair<GTypeSymbol>, list: ChangeList, budget: Budget): boolean {
  const [left, right] = [sideOf(before), sideOf(after)]
  return (!list.concerns('request') || isContained(left, right, budget)) && (!list.concerns('response') || isContained(right, left, budget))
}

const sideOf = ({ root, definitions }: GTypeSymbol) => ({ type: root, definitions })
