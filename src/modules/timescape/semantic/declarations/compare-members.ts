import ts from 'typescript'
import { compareSignatures } from './compare-signatures.ts'
import { compareOptional } from './compare-unions.ts'
import type { Comparing } from './comparing.ts'
import { inside, type Place, type Position, type TypePair } from './place.ts'
import { isMarkedInternal, memberName } from './type-facts.ts'

interface MemberPair {
  readonly old: ts.Symbol
  readonly now: ts.Symbol
}

/** Properties, methods, signatures and index signatures of what is an object in both versions. */
export function compareObjects(comparing: Comparing, pair: TypePair, place: Place): void {
  const { checker } = comparing
  const [old, now] = [membersOf(checker, pair.old), membersOf(checker, pair.now)]
  if (isBlank(checker, pair.old) !== isBlank(checker, pair.now) && old.size === 0 && now.size === 0) compareBlank(comparing, pair, place)
  for (const [name, member] of old) {
    const other = now.get(name)
    const at = placeOf(place, member, name)
    if (other) compareMember(comparing, { old: member, now: other }, at)
    else if (!answeredByIndex(checker, pair.now)) reportRemoved(comparing, member, at)
  }
  for (const [name, member] of now) if (!old.has(name)) reportAdded(comparing, member, placeOf(place, member, name))
  compareSignatures(comparing, { old: pair.old.getCallSignatures(), now: pair.now.getCallSignatures() }, place)
  const constructors = { old: open(pair.old.getConstructSignatures()), now: open(pair.now.getConstructSignatures()) }
  compareSignatures(comparing, constructors, inside(place, 'new'))
  compareIndexes(comparing, pair, place)
}

function placeOf(place: Place, member: ts.Symbol, name: string): Place {
  const at = inside(place, name)
  return isMarkedInternal(member) ? { ...at, isInternal: true } : at
}

function membersOf(checker: ts.TypeChecker, type: ts.Type): ReadonlyMap<string, ts.Symbol> {
  const members = checker.getPropertiesOfType(type).filter((member) => (member.flags & ts.SymbolFlags.Prototype) === 0)
  return new Map(members.map((member) => [memberName(member), member]))
}

const isBlank = (checker: ts.TypeChecker, type: ts.Type): boolean =>
  type.getCallSignatures().length + type.getConstructSignatures().length + checker.getIndexInfosOfType(type).length === 0

/** Mapped and conditional types without members to look at. */
function compareBlank(comparing: Comparing, { old, now }: TypePair, place: Place): void {
  const [before, after] = [comparing.text(old), comparing.text(now)]
  if (before !== after)
    comparing.report(place, { rule: 'type-undecided', bump: 'minor', what: 'the type cannot be compared', before, after })
}

const isOptional = (member: ts.Symbol): boolean => (member.flags & ts.SymbolFlags.Optional) !== 0

function compareMember(comparing: Comparing, { old, now }: MemberPair, place: Place): void {
  compareModifiers(comparing, { old, now }, place)
  const types = { old: comparing.checker.getTypeOfSymbol(old), now: comparing.checker.getTypeOfSymbol(now) }
  if (isOptional(old) || isOptional(now)) compareOptional(comparing, types, place)
  else comparing.types(types, place)
}

function compareModifiers(comparing: Comparing, { old, now }: MemberPair, place: Place): void {
  const harms = (position: Position) => (place.position === position ? 'major' : 'minor')
  const became = (is: (member: ts.Symbol) => boolean) => !is(old) && is(now)
  if (became((member) => !isOptional(member)))
    comparing.report(place, { rule: 'member-became-required', bump: harms('input'), what: 'was optional, is required' })
  if (became(isOptional))
    comparing.report(place, { rule: 'member-became-optional', bump: harms('output'), what: 'was always there, is optional' })
  if (became(isReadonly)) comparing.report(place, { rule: 'member-became-readonly', bump: 'minor', what: 'can no longer be set' })
  if (became(isAbstract))
    comparing.report(place, { rule: 'member-became-abstract', bump: 'major', what: 'has to be written by subclasses' })
}

const modifiers = ({ declarations = [] }: ts.Symbol): ts.ModifierFlags => {
  let flags: ts.ModifierFlags = ts.ModifierFlags.None
  for (const declaration of declarations) flags |= ts.getCombinedModifierFlags(declaration)
  return flags
}
const isReadonly = (symbol: ts.Symbol): boolean => {
  const { declarations = [] } = symbol
  const isGetter = declarations.some(ts.isGetAccessor) && !declarations.some(ts.isSetAccessor)
  return isGetter || (modifiers(symbol) & ts.ModifierFlags.Readonly) !== 0
}
const isAbstract = (symbol: ts.Symbol): boolean => (modifiers(symbol) & ts.ModifierFlags.Abstract) !== 0

function reportRemoved(comparing: Comparing, member: ts.Symbol, place: Place): void {
  comparing.report(place, {
    rule: 'member-removed',
    bump: 'major',
    what: 'is gone',
    before: comparing.text(comparing.checker.getTypeOfSymbol(member)),
  })
}

function reportAdded(comparing: Comparing, member: ts.Symbol, place: Place): void {
  const after = comparing.text(comparing.checker.getTypeOfSymbol(member))
  if (isAbstract(member))
    comparing.report(place, { rule: 'abstract-member-added', bump: 'major', what: 'is new, and has to be written by subclasses', after })
  else if (place.position === 'input' && !isOptional(member))
    comparing.report(place, {
      rule: 'required-member-added',
      bump: 'major',
      what: 'is new, and required of whoever hands such a thing over',
      after,
    })
  else comparing.report(place, { rule: 'member-added', bump: 'minor', what: 'is new', after })
}

/** Nobody but the class itself, or a subclass, uses constructors that are not public. */
const open = (signatures: readonly ts.Signature[]): readonly ts.Signature[] =>
  signatures.filter((signature) => {
    const declaration = signature.getDeclaration() as ts.SignatureDeclaration | undefined
    return !declaration || (ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0
  })

const answeredByIndex = (checker: ts.TypeChecker, type: ts.Type): boolean =>
  checker.getIndexInfosOfType(type).some(({ keyType }) => (keyType.flags & ts.TypeFlags.String) !== 0)

function compareIndexes(comparing: Comparing, { old, now }: TypePair, place: Place): void {
  const { checker } = comparing
  const infos = (type: ts.Type) => new Map(checker.getIndexInfosOfType(type).map((info) => [comparing.text(info.keyType), info.type]))
  const [was, is] = [infos(old), infos(now)]
  for (const [key, type] of was) {
    const other = is.get(key)
    const at = inside(place, `[${key}]`)
    if (other) comparing.types({ old: type, now: other }, at)
    else comparing.report(at, { rule: 'index-removed', bump: 'major', what: `any ${key} was a key, no longer is` })
  }
  for (const key of is.keys())
    if (!was.has(key)) comparing.report(inside(place, `[${key}]`), { rule: 'index-added', bump: 'minor', what: `any ${key} is a key` })
}
