import { resolved } from '../diff/resolved.ts'
import { newBudget } from '../diff/subtype.ts'
import { SignatureUnreadable } from '../errors.ts'
import type { GTypeSymbol, ObjectType } from '../gtype/gtype.ts'
import { parseNotation } from '../gtype/parse-notation.ts'
import { referencesOf } from '../gtype/references.ts'
import { symbolsOf } from '../gtype/symbols.ts'
import type { DeclaredFields, SignatureDirection, Signatures, WantedFields, WantedPart } from '../signatures.contract.ts'
import { fieldPaths, kindsOf } from './field-paths.ts'
import { fitsPart, noDefinitions } from './fitting.ts'

const maxSymbols = 200
const maxFields = 50

export const signatures: Signatures = {
  declared: (gtypes) =>
    [...symbolsOf({ gtypes }).values()].slice(0, maxSymbols).flatMap((symbol) =>
      directionsOf(symbol)
        .map((direction) => declaredFields(symbol, direction))
        .filter(({ fields }) => fields.length > 0),
    ),
  wanted(parts) {
    const read = parts.map((part) => ({ part, type: readType(part.type) }))
    return {
      parts: read.map(({ part, type }) => wantedFields(part, type)),
      fits(gtypes) {
        const symbols = [...symbolsOf({ gtypes }).values()].slice(0, maxSymbols)
        const budget = newBudget()
        return read.every(({ part, type }) =>
          symbols.some((symbol) => directionsOf(symbol).includes(part.direction) && fitsPart(symbol, { ...part, type }, budget)),
        )
      },
    }
  },
}

function directionsOf({ direction }: GTypeSymbol): readonly SignatureDirection[] {
  if (direction === 'both') return ['input', 'output']
  return direction === 'request' ? ['input'] : ['output']
}

function declaredFields({ root, definitions }: GTypeSymbol, direction: SignatureDirection): DeclaredFields {
  const at = resolved(root, definitions)
  const own = at?.kind === 'object' ? [...at.properties] : []
  return {
    direction,
    fields: fieldPaths(root, definitions),
    names: own.map(([name]) => name),
    required: own.filter(([, { required }]) => required).map(([name]) => name),
  }
}

/** An object that nobody has to know other types for. */
function readType(text: string): ObjectType {
  const { type } = parseNotation(text)
  if (type.kind !== 'object') throw new SignatureUnreadable(text, 'it is no object of fields, such as { text: string }')
  const [unknown] = referencesOf(type)
  if (unknown !== undefined) throw new SignatureUnreadable(text, `${unknown} is no type`)
  if (type.properties.size === 0 || fieldPaths(type, noDefinitions).length > maxFields * 3)
    throw new SignatureUnreadable(text, `it names no field, or more than ${maxFields}`)
  return type
}

function wantedFields({ direction, mode }: WantedPart, type: ObjectType): WantedFields {
  const all = [...type.properties]
  const required = all.filter((property) => property[1].required)
  if (mode === 'subset') return { direction, mode, fields: [], names: (direction === 'input' ? required : all).map(([name]) => name) }
  // An input may take anything where less is wanted: nothing but its members tell.
  const fields = direction === 'input' ? all.map(([name]) => name) : requiredPaths(type)
  return { direction, mode, fields, names: [] }
}

/** What every value of a fitting output shows: only where one kind is wanted, it has to be that one. */
function requiredPaths(type: ObjectType, prefix = '', depth = 1): readonly string[] {
  return [...type.properties].flatMap(([name, property]) => {
    if (!property.required || depth > 3) return []
    const path = `${prefix}${name}`
    const inner = property.type.kind === 'object' ? requiredPaths(property.type, `${path}.`, depth + 1) : []
    const { kind, nullable } = property.type
    const isPlain = nullable !== true && kind !== 'any' && kind !== 'union' && kind !== 'intersection'
    const found = isPlain ? kindsOf(property.type, noDefinitions) : []
    return [path, ...(found.length === 1 ? [`${path}:${found[0]}`] : []), ...inner]
  })
}
