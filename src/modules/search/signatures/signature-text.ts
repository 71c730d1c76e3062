import type { SignatureDirection, SignatureMode, WantedPart } from '../../timescape/signatures.contract.ts'
import { SignatureInvalid } from '../errors.ts'

/** Characters of a signature. */
export const maxSignature = 2_000
const maxParts = 4

const head = /\s*(in|input|out|output)\s*(:|>=|<=|⊇|⊆)\s*(?=\{)/iy

/**
 * `in:{text:string} out>={sentiment:enum[positive,negative]}`: per part a direction, `>=` (or `:`, `⊇`) for at least these fields or `<=` (`⊆`) for no
 * others, and an object in the manifest's notation. Also as JSON: `{"output": {"mode": "superset", "fields": {"sentiment": "string"}}}`.
 */
export function parseSignatureText(text: string): readonly WantedPart[] {
  if (text.length > maxSignature) throw new SignatureInvalid(`it is longer than ${maxSignature} characters`)
  const parts = text.trimStart().startsWith('{') ? ofJson(text) : ofText(text)
  if (parts.length === 0) throw new SignatureInvalid('it names neither an input nor an output')
  if (parts.length > maxParts) throw new SignatureInvalid(`it has more than ${maxParts} parts`)
  if (!parts.every(({ type }) => isStorable(type)))
    throw new SignatureInvalid('it has a character in it that no text has: NUL, or half of a pair')
  return parts
}

/** JSON can name what the database cannot hold. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

function ofText(text: string): readonly WantedPart[] {
  const parts: WantedPart[] = []
  head.lastIndex = 0
  for (let at = 0; text.slice(at).trim() !== ''; ) {
    head.lastIndex = at
    const [, direction = '', sign = ''] = head.exec(text) ?? []
    if (direction === '') throw new SignatureInvalid(`at character ${at + 1}, in:{…}, out:{…}, out>={…} or out<={…} is expected`)
    const end = endOfObject(text, head.lastIndex)
    const mode: SignatureMode = sign === '<=' || sign === '⊆' ? 'subset' : 'superset'
    parts.push({ direction: directionOf(direction), mode, type: text.slice(head.lastIndex, end) })
    at = end
  }
  return parts
}

const directionOf = (word: string): SignatureDirection => (word.toLowerCase().startsWith('in') ? 'input' : 'output')

/** Behind the brace that closes the one at `start`. */
function endOfObject(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth === 0) return at + 1
  }
  throw new SignatureInvalid('a closing brace is missing')
}

function ofJson(text: string): readonly WantedPart[] {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    throw new SignatureInvalid('it begins with a brace and is no JSON')
  }
  return Object.entries(found as Record<string, unknown>).map(ofMember)
}

function ofMember([direction, wanted]: readonly [string, unknown]): WantedPart {
  if (direction !== 'input' && direction !== 'output') throw new SignatureInvalid(`${direction} is neither input nor output`)
  if (!isObject(wanted)) throw new SignatureInvalid(`${direction} is no object of fields`)
  const { mode, fields } = 'mode' in wanted && 'fields' in wanted ? wanted : { mode: 'superset', fields: wanted }
  if (mode !== 'superset' && mode !== 'subset') throw new SignatureInvalid('mode is superset or subset')
  return { direction, mode, type: notationOf(fields) }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object of texts in the notation, which may hold further objects. */
function notationOf(fields: unknown): string {
  if (!isObject(fields)) throw new SignatureInvalid('fields are an object')
  const members = Object.entries(fields).map(([name, type]) => {
    if (name.includes('"')) throw new SignatureInvalid('a name of a field has a quotation mark in it')
    const isOptional = name.length > 1 && name.endsWith('?')
    const key = `"${isOptional ? name.slice(0, -1) : name}"${isOptional ? '?' : ''}`
    return `${key}: ${typeof type === 'string' ? type : notationOf(type)}`
  })
  return `{ ${members.join(', ')} }`
}
