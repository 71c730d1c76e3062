import type { Bump } from '../change.ts'
import type { Direction } from '../gtype/gtype.ts'

type Effect = Readonly<Record<'request' | 'response', Bump>>

const breaksRequests: Effect = { request: 'major', response: 'minor' }
const breaksResponses: Effect = { request: 'minor', response: 'major' }
const breaksBoth: Effect = { request: 'major', response: 'major' }
const breaksNothing: Effect = { request: 'minor', response: 'minor' }

/** The rule table of docs/timescape.md: what each difference of two types means for whoever sends values, and for whoever receives them. */
export const typeRules = {
  'type-added': breaksNothing,
  'type-removed': breaksBoth,
  'required-field-added': breaksRequests,
  'optional-field-added': breaksNothing,
  'required-field-removed': breaksResponses,
  'optional-field-removed': breaksNothing,
  'type-changed': breaksBoth,
  'type-widened': breaksResponses,
  'type-narrowed': breaksRequests,
  'field-became-required': breaksRequests,
  'field-became-optional': breaksResponses,
  'became-nullable': breaksResponses,
  'no-longer-nullable': breaksBoth,
  'enum-value-added': breaksResponses,
  'enum-value-removed': breaksRequests,
  'constraint-tightened': breaksRequests,
  'constraint-loosened': breaksResponses,
  'constraint-changed': breaksBoth,
  'union-variant-added': breaksResponses,
  'union-variant-removed': breaksRequests,
  'additional-members-allowed': breaksResponses,
  'additional-members-forbidden': breaksRequests,
  /** Those who receive it refuse what they do not know. */
  'field-added-to-closed-object': breaksResponses,
  /** Those who still send it are refused. */
  'field-removed-from-closed-object': breaksRequests,
  'default-changed': breaksNothing,
  'status-changed': { request: 'none', response: 'major' },
  'direction-changed': breaksNothing,
} as const satisfies Readonly<Record<string, Effect>>

export type TypeRule = keyof typeof typeRules

const ranks: Readonly<Record<Bump, number>> = { none: 0, patch: 1, minor: 2, major: 3 }

export const isGreater = (left: Bump, right: Bump): boolean => ranks[left] > ranks[right]

export const greatest = (bumps: readonly Bump[]): Bump =>
  bumps.reduce((highest, bump) => (isGreater(bump, highest) ? bump : highest), 'none')

/** A symbol without a direction is sent and received. */
export function bumpOf(rule: TypeRule, direction: Direction): Bump {
  const { request, response } = typeRules[rule]
  if (direction === 'both') return greatest([request, response])
  return direction === 'request' ? request : response
}
