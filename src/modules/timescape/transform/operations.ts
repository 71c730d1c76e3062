import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../../../shared/types/one-of.ts'

const segment = '(?!(?:__proto__|constructor|prototype)(?:\\[\\]|\\.|$))[^.\\[\\]\\u0000]{1,256}(?:\\[\\])?'
/** `address.zip`, `items[].price`: names with dots between them, `[]` for every item of an array. At most 16 names. */
const Path = Type.String({ minLength: 1, maxLength: 1_024, pattern: `^${segment}(?:\\.${segment}){0,15}$` })
const Name = Type.String({ minLength: 1, maxLength: 256, pattern: '^(?!(?:__proto__|constructor|prototype)$)[^\\u0000]+$' })
const strict = { additionalProperties: false }

export const conversions = ['string', 'number', 'integer', 'boolean', 'timestamp', 'seconds', 'milliseconds', 'array', 'single'] as const

/** One step of a declarative transformation. */
export const Operation = Type.Union([
  /** All at once, so that two members can change places. `in`: of the object there. */
  Type.Object({ op: Type.Literal('rename'), names: Type.Record(Name, Name), in: Type.Optional(Path) }, strict),
  Type.Object({ op: Type.Literal('remove'), path: Path }, strict),
  /** Where it is absent. */
  Type.Object({ op: Type.Literal('add'), path: Path, value: Type.Unknown() }, strict),
  /** By the text of a value. `otherwise` stands for every other one, which is left as it is without it. */
  Type.Object(
    { op: Type.Literal('map'), path: Path, values: Type.Record(Type.String(), Type.Unknown()), otherwise: Type.Optional(Type.Unknown()) },
    strict,
  ),
  Type.Object({ op: Type.Literal('convert'), path: Path, to: oneOf(conversions) }, strict),
])
export type Operation = Static<typeof Operation>

const Operations = Type.Array(Operation, { maxItems: 1_000 })

/** What a transformer artifact may say beside the members its manifest must have (Q151). */
export const Transformation = Type.Object({
  type: Type.String(),
  changes: Type.Object({
    added: Type.Optional(Type.Array(Name)),
    removed: Type.Optional(Type.Array(Name)),
    renamed: Type.Optional(Type.Record(Name, Name)),
    /** Values of added members; null without one. */
    defaults: Type.Optional(Type.Record(Name, Type.Unknown())),
    /** Values of removed members, on the way back. */
    restored: Type.Optional(Type.Record(Name, Type.Unknown())),
    mapped: Type.Optional(Type.Record(Name, Type.Record(Type.String(), Type.Unknown()))),
    converted: Type.Optional(Type.Record(Name, Type.Object({ from: oneOf(conversions), to: oneOf(conversions) }, strict))),
  }),
  forward: Type.Optional(Operations),
  backward: Type.Optional(Operations),
})
export type Transformation = Static<typeof Transformation>

/** Steps in both directions: those that are given, else those that follow from what is said to have changed. */
export function stepsOf({ changes, forward, backward }: Transformation): { readonly forward: Operation[]; readonly backward: Operation[] } {
  return { forward: forward ?? forwardSteps(changes), backward: backward ?? backwardSteps(changes) }
}

type Changes = Transformation['changes']

const forwardSteps = ({ added = [], removed = [], renamed = {}, defaults = {}, mapped = {}, converted = {} }: Changes): Operation[] => [
  ...Object.entries(mapped).map(([path, values]): Operation => ({ op: 'map', path, values })),
  ...Object.entries(converted).map(([path, { to }]): Operation => ({ op: 'convert', path, to })),
  ...removed.map((path): Operation => ({ op: 'remove', path })),
  ...renaming(renamed),
  ...added.map((path): Operation => ({ op: 'add', path, value: valueAt(defaults, path) })),
]

const backwardSteps = ({ added = [], removed = [], renamed = {}, restored = {}, mapped = {}, converted = {} }: Changes): Operation[] => [
  ...added.map((path): Operation => ({ op: 'remove', path })),
  ...renaming(Object.fromEntries(Object.entries(renamed).map(([was, is]) => [is, was]))),
  ...removed.map((path): Operation => ({ op: 'add', path, value: valueAt(restored, path) })),
  ...Object.entries(converted).map(([path, { from }]): Operation => ({ op: 'convert', path, to: from })),
  ...Object.entries(mapped).map(([path, values]): Operation => ({ op: 'map', path, values: inverted(values) })),
]

const valueAt = (values: Readonly<Record<string, unknown>>, path: string): unknown =>
  Object.hasOwn(values, path) ? (values[path] ?? null) : null

const renaming = (names: Readonly<Record<string, string>>): Operation[] =>
  Object.keys(names).length > 0 ? [{ op: 'rename', names: { ...names } }] : []

/** Of values that became the same one, the first comes back. */
const inverted = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values)
      .toReversed()
      .map(([was, is]) => [String(is), was]),
  )
