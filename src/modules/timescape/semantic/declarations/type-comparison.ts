import ts from 'typescript'
import type { Report } from '../report.ts'
import { compareEnums } from './compare-enums.ts'
import { compareObjects } from './compare-members.ts'
import { compareTypeParameters } from './compare-signatures.ts'
import { compareIntersections, compareUnions } from './compare-unions.ts'
import type { Comparing, Finding, Tried } from './comparing.ts'
import { DeclarationQueue, type Scheduled } from './declaration-queue.ts'
import { inside, type Place, rootPlace, type TypePair } from './place.ts'
import {
  argumentsOf,
  bothTypeParameters,
  commonName,
  isAny,
  isElsewhere,
  isMarkedInternal,
  isOpen,
  isReference,
  isRenamed,
  isUnresolved,
  leafRule,
  memberName,
  sameTuple,
  short,
  typeParametersOf,
} from './type-facts.ts'

/** Types can be built to be endless; what is not reached within this is not compared. */
const maxDepth = 12
const maxComparisons = 100_000

const textFlags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope | ts.TypeFormatFlags.InTypeAlias

export interface ComparisonParts {
  readonly checker: ts.TypeChecker
  /** Of the files of both versions. */
  readonly roots: readonly string[]
  readonly report: Report
}

/**
 * Walks two types side by side. Where both refer to a declaration of the same name, the declarations are compared once for all who refer to them,
 * so that a change is told where it was made, and with the knowledge whether anybody hands such a thing over or only reads it.
 */
export class TypeComparison implements Comparing {
  readonly checker: ts.TypeChecker
  readonly #parts: ComparisonParts
  readonly #queue = new DeclarationQueue()
  readonly #texts = new Map<ts.Type, string>()
  readonly #paired = new Map<ts.Type, ts.Type>()
  #visited = new Map<ts.Type, Set<string>>()
  #numbers = new Map<object, number>()
  /** Members that are new, by their paths. */
  readonly #held = new Map<string, { readonly place: Place; readonly finding: Finding }>()
  #sink: Tried[] | undefined
  #comparisons = 0

  constructor(parts: ComparisonParts) {
    this.#parts = parts
    this.checker = parts.checker
  }

  /** Some types were too deep or too many. */
  get isExhausted(): boolean {
    return this.#comparisons >= maxComparisons
  }

  types(pair: TypePair, place: Place): void {
    const { old, now } = pair
    this.#comparisons += 1
    if (old === now || place.depth > maxDepth || this.isExhausted || !this.#firstVisit(pair, place)) return
    if (isAny(old) || isAny(now)) this.#anyhow(pair, place)
    else if (!this.#named(pair, place)) this.structure(pair, place)
  }

  /** The same, without looking at names. */
  structure(pair: TypePair, place: Place): void {
    const { old, now } = pair
    if (old.isUnion() || now.isUnion()) compareUnions(this, pair, place)
    else if (old.isIntersection() && now.isIntersection()) compareIntersections(this, { old, now }, place)
    else if (bothTypeParameters(pair)) this.#typeParameters(pair, place)
    else if (this.#sameTarget(pair)) this.#args(argumentsOf(this.checker, old), argumentsOf(this.checker, now), place)
    else if (this.#bothObjects(pair)) compareObjects(this, pair, place)
    else this.leaf(pair, place)
  }

  objects(pair: TypePair, place: Place): void {
    compareObjects(this, pair, place)
  }

  leaf(pair: TypePair, place: Place): void {
    const { old, now } = pair
    const [before, after] = [this.text(old), this.text(now)]
    if (before === after) return
    if (isOpen(this.checker, old) || isOpen(this.checker, now)) {
      this.report(place, {
        rule: 'type-undecided',
        bump: 'minor',
        what: 'the type changed in a way that depends on type parameters',
        before,
        after,
      })
      return
    }
    const forward = this.checker.isTypeAssignableTo(now, old)
    const backward = this.checker.isTypeAssignableTo(old, now)
    if (forward && backward) return
    const fits = { input: backward, output: forward, named: forward || backward }[place.position]
    this.report(place, {
      ...{ rule: leafRule({ forward, backward }), bump: fits ? 'minor' : 'major' },
      ...{ what: `the type was ${short(before)}, is ${short(after)}`, before, after },
    })
  }

  report(place: Place, finding: Finding): void {
    if (this.#sink) this.#sink.push({ place, finding })
    else if (finding.rule === 'member-added' || finding.rule === 'required-member-added') this.#hold(place, finding)
    else this.#tell(place, finding)
  }

  /** A member that has to be handed over is a burden, unless the package hands it out itself: users seldom make such things then. */
  #hold(place: Place, finding: Finding): void {
    const known = this.#held.get(place.path)
    const weight = (position: Place['position']) => ['named', 'input', 'output'].indexOf(position)
    if (!known || weight(known.place.position) < weight(place.position)) this.#held.set(place.path, { place, finding })
  }

  #tell(place: Place, finding: Finding): void {
    const { what, bump, ...rest } = finding
    const message = `${place.label}: ${what}`
    const cut = { ...(rest.before && { before: short(rest.before) }), ...(rest.after && { after: short(rest.after) }) }
    this.#parts.report({ path: place.path, rule: rest.rule, bump: place.isInternal && bump !== 'none' ? 'patch' : bump, message, ...cut })
  }

  text(type: ts.Type): string {
    const text = this.#texts.get(type) ?? this.checker.typeToString(type, undefined, textFlags)
    this.#texts.set(type, text)
    return text
  }

  pairParameters(old: ts.Type, now: ts.Type): void {
    this.#paired.set(old, now)
  }

  tried(compare: () => void): readonly Tried[] {
    const [sink, visited] = [this.#sink, this.#visited]
    const found: Tried[] = []
    this.#sink = found
    this.#visited = new Map()
    try {
      compare()
    } finally {
      this.#sink = sink
      this.#visited = visited
    }
    return found
  }

  accept(tried: readonly Tried[]): void {
    for (const each of tried)
      if ('finding' in each) this.report(each.place, each.finding)
      else this.#schedule(each)
  }

  /** Declarations of both versions that go by one name. */
  declarations(old: ts.Symbol, now: ts.Symbol, place: Place): void {
    if (old !== now) this.#queue.add({ old, now, place })
  }

  /** Until nothing is left that was referred to. */
  run(): void {
    for (let next = this.#queue.next(); next; next = this.#queue.next()) this.#declared(next)
    for (const { place, finding } of this.#held.values()) this.#tell(place, finding)
  }

  #declared({ old, now, place: { isInternal, ...rest } }: Scheduled): void {
    const both = (flag: ts.SymbolFlags) => (old.flags & now.flags & flag) !== 0
    // Whoever hands over an instance of a class made it with the class: it has whatever the class has.
    const position = both(ts.SymbolFlags.Class) ? 'output' : rest.position
    const place = { ...rest, position, isInternal: isInternal || (isMarkedInternal(old) && isMarkedInternal(now)) }
    if (both(ts.SymbolFlags.Enum)) {
      compareEnums(this, { old, now }, place)
      return
    }
    compareTypeParameters(this, { old: typeParametersOf(old), now: typeParametersOf(now) }, place)
    const pair = { old: this.checker.getDeclaredTypeOfSymbol(old), now: this.checker.getDeclaredTypeOfSymbol(now) }
    if (isAny(pair.old) || isAny(pair.now)) this.#anyhow(pair, place)
    else if (both(ts.SymbolFlags.TypeAlias) && isRenamed(pair)) this.types(pair, place)
    else this.structure(pair, place)
  }

  #firstVisit({ old, now }: TypePair, { position, isInternal }: Place): boolean {
    const key = `${this.#numberOf(now)} ${position} ${isInternal}`
    const known = this.#visited.get(old) ?? new Set()
    this.#visited.set(old, known)
    if (known.has(key)) return false
    known.add(key)
    return true
  }

  #numberOf(thing: object): number {
    const number = this.#numbers.get(thing) ?? this.#numbers.size
    this.#numbers.set(thing, number)
    return number
  }

  #anyhow({ old, now }: TypePair, place: Place): void {
    const [before, after] = [this.text(old), this.text(now)]
    if (isUnresolved(old) || isUnresolved(now)) {
      if (before !== after)
        this.report(place, {
          rule: 'type-unresolved',
          bump: 'none',
          what: 'a type of another package could not be compared',
          before,
          after,
        })
    } else if (before !== after) {
      const isUnsafe = isAny(old) && place.position === 'input'
      const rule = isAny(old) ? 'any-replaced' : 'any-introduced'
      this.report(place, {
        rule,
        bump: 'minor',
        what: `the type was ${short(before)}, is ${short(after)}${isUnsafe ? ', which takes less' : ''}`,
        before,
        after,
      })
    }
  }

  #named(pair: TypePair, place: Place): boolean {
    const named = commonName(this.checker, pair, this.#parts.roots)
    if (!named) return false
    const { old, now } = named
    // A member of an enum is compared by its name and, with the enum, by its value.
    if ((pair.old.flags & ts.TypeFlags.EnumLiteral) !== 0 && !pair.old.isUnion() && this.text(pair.old) !== this.text(pair.now))
      return false
    if (old.symbol !== now.symbol) this.#schedule({ pair, place })
    this.#args(old.args, now.args, place)
    return true
  }

  #schedule(scheduled: { readonly pair: TypePair; readonly place: Place }): void {
    if (this.#sink) {
      this.#sink.push(scheduled)
      return
    }
    const named = commonName(this.checker, scheduled.pair, this.#parts.roots)
    if (!named) return
    const { position, isInternal } = scheduled.place
    const place = { ...inside(rootPlace('.', position), memberName(named.old.symbol)), depth: 0, isInternal }
    this.declarations(named.old.symbol, named.now.symbol, place)
  }

  #args(old: readonly ts.Type[], now: readonly ts.Type[], place: Place): void {
    for (const [index, type] of old.entries()) {
      const other = now[index]
      if (other) this.types({ old: type, now: other }, { ...inside(place, '<>'), path: place.path })
    }
  }

  #sameTarget({ old, now }: TypePair): boolean {
    if (!isReference(old) || !isReference(now)) return false
    if (old.target === now.target) return true
    return (
      this.checker.isTupleType(old) && this.checker.isTupleType(now) && sameTuple(old.target as ts.TupleType, now.target as ts.TupleType)
    )
  }

  #typeParameters({ old, now }: TypePair, place: Place): void {
    const stands = this.#paired.get(old)
    if (stands === now || this.text(old) === this.text(now)) return
    this.leaf({ old, now }, place)
  }

  /** Things of the library stand for themselves: nobody wants to hear that an array is no longer a promise member by member. */
  #bothObjects({ old, now }: TypePair): boolean {
    const isOwn = (type: ts.Type) =>
      type.isIntersection() ||
      ((type.flags & ts.TypeFlags.Object) !== 0 &&
        !this.checker.isArrayType(type) &&
        !this.checker.isTupleType(type) &&
        !isElsewhere(type, this.#parts.roots))
    return isOwn(old) && isOwn(now)
  }
}
