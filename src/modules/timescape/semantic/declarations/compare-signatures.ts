import ts from 'typescript'
import { bumpRank } from '../report.ts'
import { compareOptional } from './compare-unions.ts'
import type { Comparing, Tried } from './comparing.ts'
import { flipped, inside, type Place } from './place.ts'

interface Pair<T> {
  readonly old: T
  readonly now: T
}

/** Comparing each overload with each other one costs the product of their numbers. */
const maxOverloads = 40

/** Each old overload needs a new one that does as much: the one is told of that differs least. */
export function compareSignatures(comparing: Comparing, { old, now }: Pair<readonly ts.Signature[]>, place: Place): void {
  if (old.length === 0 && now.length === 0) return
  if (now.length === 0) {
    comparing.report(place, { rule: 'call-removed', bump: 'major', what: 'can no longer be called' })
    return
  }
  for (const [index, signature] of old.slice(0, maxOverloads).entries()) {
    const candidates = old.length === 1 && now.length === 1 ? now : ordered(now, index)
    comparing.accept(leastDifference(comparing, { signature, candidates }, place))
  }
  if (now.length > old.length)
    comparing.report(place, {
      rule: 'overload-added',
      bump: 'minor',
      what: `can be called in other ways, too (${now.length - old.length})`,
    })
}

/** The one at the same place is the likeliest. */
const ordered = (signatures: readonly ts.Signature[], index: number): readonly ts.Signature[] => {
  const likely = signatures[index]
  const others = signatures.filter((signature) => signature !== likely).slice(0, maxOverloads)
  return likely ? [likely, ...others] : others
}

function leastDifference(
  comparing: Comparing,
  { signature, candidates }: { readonly signature: ts.Signature; readonly candidates: readonly ts.Signature[] },
  place: Place,
): readonly Tried[] {
  let best: { readonly tried: readonly Tried[]; readonly cost: number } | undefined
  for (const candidate of candidates) {
    const tried = comparing.tried(() => compareSignature(comparing, { old: signature, now: candidate }, place))
    const cost = costOf(tried)
    if (cost === 0) return tried
    if (!best || cost < best.cost) best = { tried, cost }
  }
  return best?.tried ?? []
}

/** One grave difference outweighs any number of small ones. */
const costOf = (tried: readonly Tried[]): number =>
  tried.reduce((cost, each) => cost + ('finding' in each ? 1_000 ** bumpRank(each.finding.bump) : 0), 0)

function compareSignature(comparing: Comparing, { old, now }: Pair<ts.Signature>, place: Place): void {
  pairTypeParameters(comparing, { old: old.typeParameters ?? [], now: now.typeParameters ?? [] })
  compareParameters(comparing, { old, now }, place)
  const results = { old: comparing.checker.getReturnTypeOfSignature(old), now: comparing.checker.getReturnTypeOfSignature(now) }
  const [was, is] = [comparing.text(results.old), comparing.text(results.now)]
  const at = { ...inside(place, '(result)'), path: `${place.path}/result` }
  // Who called for the effect alone goes on so.
  if (was === 'void' && is !== 'void' && place.position !== 'input')
    comparing.report(at, { rule: 'result-added', bump: 'minor', what: `returned nothing, returns ${is}`, after: is })
  else comparing.types(results, at)
}

const pairTypeParameters = (comparing: Comparing, { old, now }: Pair<readonly ts.TypeParameter[]>): void => {
  for (const [index, parameter] of old.entries()) {
    const other = now[index]
    if (other) comparing.pairParameters(parameter, other)
  }
}

interface Parameter {
  readonly name: string
  readonly type: ts.Type
  readonly isRest: boolean
  readonly isOptional: boolean
}

function parametersOf(comparing: Comparing, signature: ts.Signature): readonly Parameter[] {
  return signature.parameters.map((symbol) => {
    const declaration = symbol.valueDeclaration
    const isParameter = declaration !== undefined && ts.isParameter(declaration)
    const isRest = isParameter && declaration.dotDotDotToken !== undefined
    const isOptional = isRest || (isParameter && (declaration.questionToken !== undefined || declaration.initializer !== undefined))
    return { name: symbol.name.replace(/^__\d+$/, 'argument'), type: comparing.checker.getTypeOfSymbol(symbol), isRest, isOptional }
  })
}

function compareParameters(comparing: Comparing, { old, now }: Pair<ts.Signature>, place: Place): void {
  const [was, is] = [parametersOf(comparing, old), parametersOf(comparing, now)]
  for (let index = 0; index < Math.max(was.length, is.length); index += 1) {
    const [before, after] = [was[index], is[index]]
    const at = { ...inside(place, `(${(before ?? after)?.name})`), path: `${place.path}/parameters/${index}` }
    if (before && after) compareParameter(comparing, { old: before, now: after }, at)
    else if (before) reportLost(comparing, { parameter: before, last: is.at(-1) }, at)
    else if (after) reportGained(comparing, { parameter: after, last: was.at(-1) }, at)
  }
}

function reportLost(
  comparing: Comparing,
  { parameter, last }: { readonly parameter: Parameter; readonly last: Parameter | undefined },
  at: Place,
): void {
  const before = comparing.text(parameter.type)
  if (last?.isRest) comparing.types({ old: elementOf(comparing, parameter), now: elementOf(comparing, last) }, flipped(at))
  else comparing.report(at, { rule: 'parameter-removed', bump: 'major', what: 'the parameter is gone', before })
}

/** A callback that is handed over may leave out what comes last. */
function reportGained(
  comparing: Comparing,
  { parameter, last }: { readonly parameter: Parameter; readonly last: Parameter | undefined },
  at: Place,
): void {
  const after = comparing.text(parameter.type)
  const isRequired = !parameter.isOptional && !last?.isRest && at.position !== 'input'
  const rule = isRequired ? 'required-parameter-added' : 'parameter-added'
  comparing.report(at, {
    rule,
    bump: isRequired ? 'major' : 'minor',
    what: isRequired ? 'the parameter is new and required' : 'the parameter is new',
    after,
  })
}

function compareParameter(comparing: Comparing, { old, now }: Pair<Parameter>, place: Place): void {
  const at = flipped(place)
  const harms = (side: Place['position']) =>
    place.position === side || (place.position === 'named' && side === 'output') ? 'major' : 'minor'
  if (old.isOptional && !now.isOptional)
    comparing.report(place, { rule: 'parameter-became-required', bump: harms('output'), what: 'the parameter was optional, is required' })
  if (!old.isOptional && now.isOptional)
    comparing.report(place, { rule: 'parameter-became-optional', bump: harms('input'), what: 'the parameter was required, is optional' })
  if (old.isRest !== now.isRest) comparing.types({ old: elementOf(comparing, old), now: elementOf(comparing, now) }, at)
  else if (old.isOptional || now.isOptional) compareOptional(comparing, { old: old.type, now: now.type }, at)
  else comparing.types({ old: old.type, now: now.type }, at)
}

/** Of a rest parameter, what one argument of it is. */
function elementOf({ checker }: Comparing, { type, isRest }: Parameter): ts.Type {
  return isRest && checker.isArrayType(type) ? (checker.getTypeArguments(type as ts.TypeReference)[0] ?? type) : type
}

/** Of declarations that have a name: whoever uses it writes arguments for them. */
export function compareTypeParameters(
  comparing: Comparing,
  { old, now }: Pair<readonly ts.TypeParameterDeclaration[]>,
  place: Place,
): void {
  const { checker } = comparing
  const required = now.filter((parameter) => parameter.default === undefined).length
  const [before, after] = [old, now].map((list) => `<${list.map(({ name }) => name.text).join(', ')}>`) as [string, string]
  if (now.length < old.length)
    comparing.report(place, { rule: 'type-parameter-removed', bump: 'major', what: 'takes fewer type arguments', before, after })
  else if (required > old.filter((parameter) => parameter.default === undefined).length)
    comparing.report(place, { rule: 'type-parameter-added', bump: 'major', what: 'needs more type arguments', before, after })
  else if (now.length > old.length)
    comparing.report(place, { rule: 'type-parameter-added', bump: 'minor', what: 'takes more type arguments', before, after })
  for (const [index, parameter] of old.entries()) {
    const other = now[index]
    if (!other) break
    comparing.pairParameters(checker.getTypeAtLocation(parameter), checker.getTypeAtLocation(other))
    compareConstraints(comparing, { old: parameter, now: other }, place)
  }
}

function compareConstraints(comparing: Comparing, { old, now }: Pair<ts.TypeParameterDeclaration>, place: Place): void {
  if (!now.constraint) return
  const at = { ...inside(place, `<${old.name.text}>`), position: 'input' as const }
  const after = comparing.checker.getTypeFromTypeNode(now.constraint)
  if (old.constraint) comparing.types({ old: comparing.checker.getTypeFromTypeNode(old.constraint), now: after }, at)
  else
    comparing.report(at, {
      rule: 'constraint-added',
      bump: 'major',
      what: `has to extend ${comparing.text(after)}`,
      after: comparing.text(after),
    })
}
