import { textOf } from '../gtype/canonical-text.ts'
import type { GType, ObjectType, Property } from '../gtype/gtype.ts'
import { arePlainlySame } from '../gtype/references.ts'
import type { At } from './comparison.ts'
import { describe } from './describe.ts'

/** Members that came, went and stayed, and what may be there beside them. */
export function compareObjects(before: ObjectType, after: ObjectType, at: At): void {
  const removed = [...before.properties].filter(([name]) => !after.properties.has(name))
  const added = [...after.properties].filter(([name]) => !before.properties.has(name))
  const [goneNames, freshNames] = [namesByType(removed), namesByType(added)]
  for (const entry of removed) noteRemoved(entry, { ...at, rest: after.additional, renamed: onlyOf(entry, freshNames) })
  for (const entry of added) noteAdded(entry, { ...at, rest: before.additional, renamed: onlyOf(entry, goneNames) })
  for (const [name, property] of before.properties) {
    const kept = after.properties.get(name)
    if (kept) compareProperty(name, { before: property, after: kept }, at)
  }
  compareRest(before.additional, after.additional, at)
}

type Entry = readonly [string, Property]

type NamesByType = ReadonlyMap<string, readonly string[]>

function namesByType(entries: readonly Entry[]): NamesByType {
  const names = new Map<string, string[]>()
  for (const [name, { type }] of entries) {
    const text = textOf(type)
    names.set(text, [...(names.get(text) ?? []).slice(0, 1), name])
  }
  return names
}

/** The one member of the same type on the other side: perhaps the same under another name. */
function onlyOf([, { type }]: Entry, others: NamesByType): string | undefined {
  const twins = others.size === 0 ? [] : (others.get(textOf(type)) ?? [])
  return twins.length === 1 ? twins[0] : undefined
}

interface Moved extends At {
  /** What the other side takes beside its declared members. */
  readonly rest: boolean | GType
  readonly renamed: string | undefined
}

function noteRemoved([name, { type, required }]: Entry, { comparison, place, rest, renamed }: Moved): void {
  const there = place.at('properties', name)
  const hint = renamed === undefined ? '' : `; perhaps it is now called ${renamed}`
  const facts = { message: `the ${required ? 'required' : 'optional'} field ${name} is gone${hint}`, before: describe(type) }
  comparison.list.note(required ? 'required-field-removed' : 'optional-field-removed', there, facts)
  if (rest === true) return
  const isTaken = rest !== false && comparison.contains(type, rest, 'before')
  if (!isTaken && comparison.list.concerns('request'))
    comparison.list.note('field-removed-from-closed-object', there, { message: `${name} is refused from now on` })
  if (rest !== false && !comparison.contains(rest, type, 'after'))
    comparison.list.note('type-widened', there, { message: `${name} may now be any further member`, after: describe(rest) })
}

function noteAdded([name, { type, required }]: Entry, { comparison, place, rest, renamed }: Moved): void {
  const there = place.at('properties', name)
  const hint = renamed === undefined ? '' : `; perhaps it was called ${renamed}`
  const facts = { message: `the ${required ? 'required' : 'optional'} field ${name} is new${hint}`, after: describe(type) }
  comparison.list.note(required ? 'required-field-added' : 'optional-field-added', there, facts)
  if (rest === true) return
  const isTaken = rest !== false && comparison.contains(type, rest, 'after')
  if (!isTaken && comparison.list.concerns('response'))
    comparison.list.note('field-added-to-closed-object', there, { message: `those who refuse unknown members refuse ${name}` })
  if (rest !== false && !comparison.contains(rest, type, 'before'))
    comparison.list.note('type-narrowed', there, { message: `${name} was any further member`, before: describe(rest) })
}

function compareProperty(
  name: string,
  { before, after }: { readonly before: Property; readonly after: Property },
  { comparison, place }: At,
): void {
  if (before.required === after.required && arePlainlySame(before.type, after.type)) return
  const there = place.at('properties', name)
  if (!before.required && after.required) comparison.list.note('field-became-required', there, { message: `${name} is now required` })
  if (before.required && !after.required) comparison.list.note('field-became-optional', there, { message: `${name} is now optional` })
  comparison.compare(before.type, after.type, there)
}

function compareRest(before: boolean | GType, after: boolean | GType, { comparison, place }: At): void {
  const there = place.at('additionalProperties')
  if (typeof before === 'object' && typeof after === 'object') comparison.compare(before, after, there)
  else if (before !== after) noteRest(before, after, { comparison, place: there })
}

function noteRest(before: boolean | GType, after: boolean | GType, { comparison, place }: At): void {
  const told = (rest: boolean | GType): unknown => (typeof rest === 'boolean' ? rest : describe(rest))
  const facts = { before: told(before), after: told(after) }
  if (before === false || after === true)
    comparison.list.note('additional-members-allowed', place, { message: 'more members are allowed beside the declared ones', ...facts })
  else
    comparison.list.note('additional-members-forbidden', place, { message: 'fewer members are allowed beside the declared ones', ...facts })
}
