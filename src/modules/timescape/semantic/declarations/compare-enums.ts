import ts from 'typescript'
import type { Comparing } from './comparing.ts'
import { inside, type Place } from './place.ts'

interface EnumPair {
  readonly old: ts.Symbol
  readonly now: ts.Symbol
}

/** Members by name and value: values are stored, sent, and inlined by compilers. */
export function compareEnums(comparing: Comparing, { old, now }: EnumPair, place: Place): void {
  const [was, is] = [valuesOf(comparing.checker, old), valuesOf(comparing.checker, now)]
  for (const [name, value] of was) {
    const other = is.get(name)
    const at = inside(place, name)
    if (other === undefined) comparing.report(at, { rule: 'enum-member-removed', bump: 'major', what: 'is gone', before: value })
    else if (other !== value)
      comparing.report(at, { rule: 'enum-value-changed', bump: 'major', what: `was ${value}, is ${other}`, before: value, after: other })
  }
  for (const [name, value] of is)
    if (!was.has(name)) comparing.report(inside(place, name), { rule: 'enum-member-added', bump: 'minor', what: 'is new', after: value })
}

function valuesOf(checker: ts.TypeChecker, { declarations = [] }: ts.Symbol): ReadonlyMap<string, string> {
  const members = declarations.filter(ts.isEnumDeclaration).flatMap((declaration) => [...declaration.members])
  return new Map(members.map((member) => [member.name.getText(), JSON.stringify(checker.getConstantValue(member) ?? '')]))
}
