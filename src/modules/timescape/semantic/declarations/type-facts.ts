import ts from 'typescript'
import type { TypePair } from './place.ts'

/** A type that could not be found: of a package that is not there, for example. `any` that was written is another thing. */
export const isUnresolved = (type: ts.Type): boolean =>
  (type.flags & ts.TypeFlags.Any) !== 0 && (type as { readonly intrinsicName?: string }).intrinsicName !== 'any'

export const isAny = (type: ts.Type): boolean => (type.flags & ts.TypeFlags.Any) !== 0

export const partsOf = (type: ts.Type): readonly ts.Type[] => (type.isUnion() ? type.types : [type])

const openKinds = ts.TypeFlags.TypeParameter | ts.TypeFlags.Instantiable

/** The compiler can tell nothing of such types before somebody names the parameters. */
export function isOpen(checker: ts.TypeChecker, type: ts.Type, depth = 0): boolean {
  if ((type.flags & openKinds) !== 0) return true
  if (depth > 4) return false
  const inner = type.isUnionOrIntersection() ? type.types : [...argumentsOf(checker, type), ...(type.aliasTypeArguments ?? [])]
  return inner.some((part) => isOpen(checker, part, depth + 1))
}

export const isReference = (type: ts.Type): type is ts.TypeReference =>
  (type.flags & ts.TypeFlags.Object) !== 0 && ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0

/** Without the type of `this`, which classes and interfaces carry along. */
export function argumentsOf(checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] {
  if (!isReference(type)) return []
  const own = checker.isTupleType(type) ? undefined : type.target.typeParameters?.length
  return checker.getTypeArguments(type).slice(0, own)
}

export interface NamedType {
  readonly symbol: ts.Symbol
  readonly args: readonly ts.Type[]
}

const nameable = ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.Enum

/** The declarations in one of the versions that a type refers to: an alias of a class goes by both names. */
function namesOf(checker: ts.TypeChecker, type: ts.Type, roots: readonly string[]): readonly NamedType[] {
  const names: NamedType[] = []
  if (type.aliasSymbol && isDeclaredIn(type.aliasSymbol, roots))
    names.push({ symbol: type.aliasSymbol, args: type.aliasTypeArguments ?? [] })
  const symbol = type.getSymbol()
  if (!symbol || (symbol.flags & nameable) === 0 || !isDeclaredIn(symbol, roots)) return names
  // The class itself, as a value, has the symbol of its instances.
  const isInstance = (type.flags & ts.TypeFlags.EnumLike) !== 0 || type.isClassOrInterface() || isReference(type)
  return isInstance ? [...names, { symbol, args: argumentsOf(checker, type) }] : names
}

/** The first name both types go by. */
export function commonName(checker: ts.TypeChecker, { old, now }: TypePair, roots: readonly string[]) {
  const candidates = namesOf(checker, now, roots)
  for (const name of namesOf(checker, old, roots)) {
    const other = candidates.find(({ symbol, args }) => memberName(symbol) === memberName(name.symbol) && args.length === name.args.length)
    if (other) return { old: name, now: other }
  }
  return undefined
}

const isDeclaredIn = ({ declarations = [] }: ts.Symbol, roots: readonly string[]): boolean =>
  declarations.some((declaration) => roots.some((root) => declaration.getSourceFile().fileName.startsWith(root)))

/** Well-known symbols have a number in their names that is another one each time. */
export const memberName = ({ escapedName }: ts.Symbol): string =>
  ts.unescapeLeadingUnderscores(escapedName).replace(/^__@(.*)@\d+$/, '[Symbol.$1]')

export const isMarkedInternal = (symbol: ts.Symbol): boolean =>
  symbol.getJsDocTags().some(({ name }) => name === 'internal' || name === 'private')

export function typeParametersOf({ declarations = [] }: ts.Symbol): readonly ts.TypeParameterDeclaration[] {
  for (const declaration of declarations)
    if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration))
      return declaration.typeParameters ?? []
  return []
}

export const bothTypeParameters = ({ old, now }: TypePair): boolean => (old.flags & now.flags & ts.TypeFlags.TypeParameter) !== 0

/** An alias of a declaration that has a name of its own. */
export const isRenamed = ({ old, now }: TypePair): boolean => old.aliasSymbol === undefined && now.aliasSymbol === undefined

export const sameTuple = (old: ts.TupleType, now: ts.TupleType): boolean =>
  old.elementFlags.length === now.elementFlags.length && old.elementFlags.every((flag, index) => flag === now.elementFlags[index])

/** For people. */
export const short = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text)

/** By which of them can stand for the other one: `forward` is the new for the old. */
export function leafRule({ forward, backward }: { readonly forward: boolean; readonly backward: boolean }): string {
  if (forward) return 'type-narrowed'
  return backward ? 'type-widened' : 'type-changed'
}

/** Declared by the library of the compiler. */
export function isElsewhere(type: ts.Type, roots: readonly string[]): boolean {
  const { declarations = [] } = type.getSymbol() ?? {}
  return declarations.length > 0 && declarations.every((each) => !roots.some((root) => each.getSourceFile().fileName.startsWith(root)))
}
