import { textOf } from '../gtype/canonical-text.ts'
import type { GType } from '../gtype/gtype.ts'
import type { ChangeList, Place } from './change-list.ts'

type Bound = 'lower' | 'upper' | 'exact' | 'flag' | 'step'

/** Members that bound a type, and how a change of them is judged. */
const bounds: Readonly<Record<string, Bound>> = {
  ...{ minLength: 'lower', minimum: 'lower', exclusiveMinimum: 'lower', minItems: 'lower', minProperties: 'lower' },
  ...{ maxLength: 'upper', maximum: 'upper', exclusiveMaximum: 'upper', maxItems: 'upper', maxProperties: 'upper' },
  ...{ pattern: 'exact', format: 'exact', keys: 'exact', brand: 'exact', extra: 'exact' },
  ...{ integer: 'flag', uniqueItems: 'flag', multipleOf: 'step' },
}

type Verdict = 'constraint-tightened' | 'constraint-loosened' | 'constraint-changed'

/** Limits of one type; both are of the same kind. */
export function compareConstraints(
  before: GType,
  after: GType,
  { list, place }: { readonly list: ChangeList; readonly place: Place },
): void {
  const [left, right] = [membersOf(before), membersOf(after)]
  for (const [name, bound] of Object.entries(bounds)) {
    const [was, is] = [left[name], right[name]]
    if (was === is || textOf(was) === textOf(is)) continue
    const rule = verdictOf(bound, was, is)
    if (rule) list.note(rule, place, { message: `${name} ${told(was)} became ${told(is)}`, before: was ?? null, after: is ?? null })
  }
  if (textOf(before.defaultValue) !== textOf(after.defaultValue))
    list.note('default-changed', place, {
      message: `the default ${told(before.defaultValue)} became ${told(after.defaultValue)}`,
      before: before.defaultValue ?? null,
      after: after.defaultValue ?? null,
    })
}

const membersOf = (type: GType): Readonly<Record<string, unknown>> => ({ ...type })

const told = (value: unknown): string => (value === undefined ? '(none)' : JSON.stringify(value).slice(0, 200))

function verdictOf(bound: Bound, was: unknown, is: unknown): Verdict | undefined {
  if (bound === 'flag') return is === true ? 'constraint-tightened' : 'constraint-loosened'
  if (bound === 'lower') return order(lowest(was), lowest(is))
  if (bound === 'upper') return order(-highest(was), -highest(is))
  if (was === undefined) return 'constraint-tightened'
  if (is === undefined) return 'constraint-loosened'
  return bound === 'step' && typeof was === 'number' && typeof is === 'number' ? stepVerdict(was, is) : 'constraint-changed'
}

const lowest = (value: unknown): number => (typeof value === 'number' ? value : Number.NEGATIVE_INFINITY)
const highest = (value: unknown): number => (typeof value === 'number' ? value : Number.POSITIVE_INFINITY)

const order = (was: number, is: number): Verdict | undefined => {
  if (was === is) return undefined
  return is > was ? 'constraint-tightened' : 'constraint-loosened'
}

function stepVerdict(was: number, is: number): Verdict {
  const areWhole = Number.isSafeInteger(was) && Number.isSafeInteger(is) && was > 0 && is > 0
  if (areWhole && is % was === 0) return 'constraint-tightened'
  return areWhole && was % is === 0 ? 'constraint-loosened' : 'constraint-changed'
}
