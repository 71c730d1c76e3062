import { fingerprint } from './canonical-text.ts'
import type { Definitions, Direction, GType, GTypeSymbol } from './gtype.ts'
import { isObject, type JsonObject, numberAt, objectAt, textAt } from './json-values.ts'
import { parseGTypeDocument } from './parse-gtype-document.ts'
import { parseJsonSchema, type ReadSchema } from './parse-json-schema.ts'
import { parseFields } from './parse-notation.ts'
import { referencesOf } from './references.ts'
import { TypeTooLarge } from './walk.ts'

const maxSymbols = 1_000

/**
 * The types a version declares in the member `gtypes` of its manifest, by name. An entry has `fields` in the manifest's notation, or beside them a
 * JSON Schema as `schema`, or a GType document as `gtype`; `direction` and `status` may say what the name does not. Never throws: what cannot be read
 * is opaque, and equal to itself alone.
 */
export function symbolsOf(metadata: Readonly<Record<string, unknown>>): ReadonlyMap<string, GTypeSymbol> {
  const { gtypes } = metadata
  const entries = (Array.isArray(gtypes) ? gtypes : []).slice(0, maxSymbols).filter(isObject)
  const named = entries.map((entry) => [textAt(entry, 'name') ?? '', entry] as const)
  const read = new Map(named.map(([name, entry]) => [name, readEntry(entry)]))
  // In the manifest's notation a name stands for the type of that name beside it.
  const shared = new Map([...read].map(([name, { root }]) => [name, root]))
  return new Map(named.map(([name, entry]) => [name, symbolOf(name, entry, { ...unread, ...read.get(name), shared })]))
}

const unread: ReadSchema = { root: { kind: 'any' }, definitions: new Map() }

function symbolOf(name: string, entry: JsonObject, read: ReadSchema & { readonly shared: ReadonlyMap<string, GType> }): GTypeSymbol {
  const status = numberAt(entry, 'status') ?? numberAt(entry, 'statusCode')
  return {
    name,
    direction: directionOf(name, entry['direction']),
    root: read.root,
    definitions: layered(read.definitions, read.shared),
    own: read.definitions,
    ...(status !== undefined && { status }),
  }
}

/** The one shared map for all symbols that bring nothing of their own. */
const layered = (own: ReadonlyMap<string, GType>, shared: ReadonlyMap<string, GType>): Definitions =>
  own.size === 0 ? shared : { get: (name) => own.get(name) ?? shared.get(name) }

function readEntry(entry: JsonObject): ReadSchema {
  try {
    if (isObject(entry['gtype'])) return parseGTypeDocument(entry['gtype'])
    if (isObject(entry['schema'])) {
      const { schema } = entry
      return isObject(schema['root']) ? parseGTypeDocument(schema) : parseJsonSchema(schema)
    }
    const fields = Object.entries(objectAt(entry, 'fields')).filter((field): field is [string, string] => typeof field[1] === 'string')
    return { root: parseFields(Object.fromEntries(fields)), definitions: new Map() }
  } catch (error) {
    if (!(error instanceof TypeTooLarge)) throw error
    return { root: { kind: 'opaque', text: fingerprint(entry) }, definitions: new Map() }
  }
}

const requestName = /(?:Request|Input|Params|Query|Body|Args|Command)$/
const responseName = /(?:Response|Output|Result|Reply|Event)$/

/** What the entry says, else what the name ends in. */
export function directionOf(name: string, said?: unknown): Direction {
  if (said === 'request' || said === 'response' || said === 'both') return said
  if (requestName.test(name)) return 'request'
  return responseName.test(name) ? 'response' : 'both'
}

/** What a version says of a type, else what its name ends in. */
export function directionIn({ gtypes }: Readonly<Record<string, unknown>>, name: string): Direction {
  const entry = (Array.isArray(gtypes) ? gtypes : []).slice(0, maxSymbols).findLast((one) => isObject(one) && one['name'] === name)
  return directionOf(name, isObject(entry) ? entry['direction'] : undefined)
}

/** One text for all types of a version; null when it declares none. Types beside a symbol are told under their own names, and not once more with it. */
export function gtypeHashOf(symbols: ReadonlyMap<string, GTypeSymbol>): string | null {
  if (symbols.size === 0) return null
  const told = [...symbols].map(([name, symbol]) => [
    name,
    { direction: symbol.direction, root: symbol.root, status: symbol.status, refs: ownUsed(symbol) },
  ])
  return fingerprint(Object.fromEntries(told))
}

/** Only definitions that the type reaches are part of what it is. */
function ownUsed({ root, definitions, own }: GTypeSymbol): ReadonlyMap<string, GType> {
  if (own.size === 0) return own
  const seen = new Set(referencesOf(root))
  // A set that grows while it is gone through is gone through to its end.
  for (const name of seen) {
    const definition = definitions.get(name)
    for (const next of definition ? referencesOf(definition) : []) seen.add(next)
  }
  return new Map([...own].filter(([name]) => seen.has(name)))
}
