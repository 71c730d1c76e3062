import { resolved } from '../diff/resolved.ts'
import { newBudget } from '../diff/subtype.ts'
import { SignatureUnreadable } from '../errors.ts'
import type { GTypeSymbol, ObjectType } from '../gtype/gtype.ts'
import { parseNotation } from '../gtype/parse-notation.ts'
import { referencesOf } from '../gtype/references.ts'
import { symbolsOf } from '../gtype/symbols.ts'
import type { DeclaredFields, SignatureDirection, Signatures, WantedFields, WantedPart } from '../signatures.contract.ts'
import { boundedPath, fieldPaths, kindsOf } from './field-paths.ts'
import { fitsPart, noDefinitions } from './fitting.ts'

const maxSymbols = 200
const maxFields = 50
/** Of all types of an artifact together. */
const maxPaths = 5_000
/** Names of members in one row, of which any may be left out. */
const maxNames = 500

export const signatures: Signatures = {
  declared(gtypes) {
    let room = maxPaths
    const rows: DeclaredFields[] = []
    for (const symbol of [...symbolsOf({ gtypes }).values()].slice(0, maxSymbols)) {
      const { fields, ...names } = declaredFields(symbol, room > 0)
      room -= fields.length
      if (fields.length > 0) rows.push(...directionsOf(symbol).map((direction) => ({ direction, fields, ...names })))
    }
    return rows
  },
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

/** Without room: that there are fields, and not which. */
function declaredFields({ root, definitions }: GTypeSymbol, hasRoom: boolean): Omit<DeclaredFields, 'direction'> {
  if (!hasRoom) return { fields: ['*'], names: [], required: [] }
  const at = resolved(root, definitions)
  const own = at?.kind === 'object' ? [...at.properties] : []
  return {
    fields: fieldPaths(root, definitions),
    names: namesOf(own),
    required: namesOf(own.filter(([, { required }]) => required)),
  }
}

const namesOf = (members: readonly (readonly [string, unknown])[]): readonly string[] =>
  members.slice(0, maxNames).map(([name]) => boundedPath(name))

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
  if (mode === 'subset') return { direction, mode, fields: [], names: namesOf(direction === 'input' ? required : all) }
  // An input may take anything where less is wanted: nothing but its members tell.
  const fields = direction === 'input' ? namesOf(all) : requiredPaths(type)
  return { direction, mode, fields, names: [] }
}

/** What every value of a fitting output shows: only where one kind is wanted, it has to be that one. */
function requiredPaths(type: ObjectType, prefix = '', depth = 1): readonly string[] {
  return [...type.properties].flatMap(([name, property]) => {
    if (!property.required || depth > 3) return []
    const path = boundedPath(`${prefix}${name}`)
    const inner = property.type.kind === 'object' ? requiredPaths(property.type, `${path}.`, depth + 1) : []
    const { kind, nullable } = property.type
    const isPlain = nullable !== true && kind !== 'any' && kind !== 'union' && kind !== 'intersection'
    const found = isPlain ? kindsOf(property.type, noDefinitions) : []
    return [path, ...(found.length === 1 ? [`${path}:${found[0]}`] : []), ...inner]
  })
}
