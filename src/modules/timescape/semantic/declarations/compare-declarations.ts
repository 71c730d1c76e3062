import ts from 'typescript'
import type { Change } from '../../change.ts'
import { Changes, pointer } from '../report.ts'
import type { DeclarationPair } from './messages.ts'
import { inside, type Place, rootPlace } from './place.ts'
import { TypeComparison } from './type-comparison.ts'
import { isMarkedInternal, memberName } from './type-facts.ts'
import { virtualProgram } from './virtual-program.ts'

interface Exports {
  readonly old: ReadonlyMap<string, ts.Symbol>
  readonly now: ReadonlyMap<string, ts.Symbol>
}

/** What users of the types notice. Costs processor time and memory: runs in a worker. */
export function compareDeclarations(pair: DeclarationPair): readonly Change[] {
  const changes = new Changes()
  const { checker, before, after } = virtualProgram(pair)
  const comparison = new TypeComparison({ checker, roots: [before.root, after.root], report: changes.add })
  const exports = new ExportComparison(checker, comparison)
  for (const [subpath, old] of before.entries) {
    const now = after.entries.get(subpath)
    // A subpath that is gone altogether is told by the comparison of exports.
    if (now) exports.compare({ old: moduleExports(checker, old), now: moduleExports(checker, now) }, rootPlace(subpath, 'output'))
    else if (pair.after.entries.size === 0 || !pair.after.entries.has(subpath)) changes.add(typesLost(subpath))
  }
  comparison.run()
  if (comparison.isExhausted)
    changes.add({
      path: '/declarations',
      rule: 'declarations-undecided',
      bump: 'none',
      message: 'there are too many types to compare all of them',
    })
  return changes.list
}

const typesLost = (subpath: string): Change => ({
  ...{ path: pointer('declarations', subpath), rule: 'types-removed', bump: 'major' },
  message: `${subpath === '.' ? 'the main module' : subpath} no longer has type declarations`,
})

/** By name; what `export =` hands out is called that. */
function moduleExports(checker: ts.TypeChecker, source: ts.SourceFile): ReadonlyMap<string, ts.Symbol> {
  const module = checker.getSymbolAtLocation(source)
  if (!module) return new Map()
  const whole = module.exports?.get(ts.InternalSymbolName.ExportEquals)
  const exports = new Map(checker.getExportsOfModule(module).map((symbol) => [memberName(symbol), symbol]))
  exports.delete('prototype')
  return whole ? new Map([...exports, ['export=', whole]]) : exports
}

const typeMeaning = ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Enum
const namespaceMeaning = ts.SymbolFlags.ValueModule | ts.SymbolFlags.NamespaceModule
const plainValue = ts.SymbolFlags.Value & ~(ts.SymbolFlags.ValueModule | ts.SymbolFlags.Enum)
const maxNesting = 8

class ExportComparison {
  readonly #checker: ts.TypeChecker
  readonly #comparison: TypeComparison

  constructor(checker: ts.TypeChecker, comparison: TypeComparison) {
    this.#checker = checker
    this.#comparison = comparison
  }

  compare({ old, now }: Exports, place: Place): void {
    if (place.depth > maxNesting) return
    for (const [name, symbol] of old) {
      const other = now.get(name)
      const at = this.#placeOf(place, symbol, name)
      if (!other) this.#comparison.report(at, { rule: 'export-removed', bump: 'major', what: 'is no longer exported' })
      else this.#symbols(symbol, other, at)
    }
    for (const [name, symbol] of now)
      if (!old.has(name))
        this.#comparison.report(this.#placeOf(place, symbol, name), { rule: 'export-added', bump: 'minor', what: 'is exported' })
  }

  #placeOf(place: Place, symbol: ts.Symbol, name: string): Place {
    const at = inside(place, name === 'export=' ? 'export =' : name)
    return isMarkedInternal(this.#resolved(symbol)) ? { ...at, isInternal: true } : at
  }

  #resolved(symbol: ts.Symbol): ts.Symbol {
    return (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? this.#checker.getAliasedSymbol(symbol) : symbol
  }

  #symbols(oldExport: ts.Symbol, nowExport: ts.Symbol, place: Place): void {
    const [old, now] = [this.#resolved(oldExport), this.#resolved(nowExport)]
    if (old === now && isTypeOnly(oldExport) === isTypeOnly(nowExport)) return
    if (!old.declarations || !now.declarations) {
      this.#comparison.report(place, {
        rule: 'type-unresolved',
        bump: 'none',
        what: 'comes from another package, and could not be compared',
      })
      return
    }
    const wasValue = (old.flags & ts.SymbolFlags.Value) !== 0 && !isTypeOnly(oldExport)
    const isValue = (now.flags & ts.SymbolFlags.Value) !== 0 && !isTypeOnly(nowExport)
    if (wasValue && !isValue) this.#comparison.report(place, { rule: 'value-removed', bump: 'major', what: 'is only a type any more' })
    if ((old.flags & typeMeaning) !== 0 && (now.flags & typeMeaning) === 0)
      this.#comparison.report(place, { rule: 'type-removed', bump: 'major', what: 'is no longer a type' })
    this.#meanings(old, now, { place, isValue: wasValue && isValue })
  }

  #meanings(old: ts.Symbol, now: ts.Symbol, { place, isValue }: { readonly place: Place; readonly isValue: boolean }): void {
    const both = (flags: ts.SymbolFlags) => (old.flags & flags) !== 0 && (now.flags & flags) !== 0
    if (both(typeMeaning)) this.#comparison.declarations(old, now, { ...place, position: 'named' })
    if (isValue && both(plainValue))
      this.#comparison.types({ old: this.#checker.getTypeOfSymbol(old), now: this.#checker.getTypeOfSymbol(now) }, place)
    if (both(namespaceMeaning)) this.compare({ old: this.#exportsOf(old), now: this.#exportsOf(now) }, place)
    else if ((old.flags & namespaceMeaning) !== 0 && !both(plainValue))
      this.#comparison.report(place, { rule: 'namespace-removed', bump: 'major', what: 'is no longer a namespace' })
  }

  #exportsOf(symbol: ts.Symbol): ReadonlyMap<string, ts.Symbol> {
    return new Map(
      this.#checker
        .getExportsOfModule(symbol)
        .map((each) => [memberName(each), each] as const)
        .filter(([name]) => name !== 'prototype'),
    )
  }
}

const isTypeOnly = ({ declarations = [] }: ts.Symbol): boolean =>
  declarations.length > 0 && declarations.every((declaration) => ts.isTypeOnlyImportOrExportDeclaration(declaration))
