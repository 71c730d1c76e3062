import type { GType } from '../gtype/gtype.ts'

const maxLength = 120
/** As many parts as a text of that length has room for. */
const maxParts = 60

/** A type in few words, for messages. */
export function describe(type: GType): string {
  const text = `${nameOf(type)}${type.nullable === true ? ' or null' : ''}`
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
}

function nameOf(type: GType): string {
  switch (type.kind) {
    case 'number':
      return type.integer === true ? 'integer' : 'number'
    case 'string':
      return type.format === undefined ? 'string' : `string (${type.format})`
    case 'enum':
      return `enum[${type.values
        .slice(0, maxParts)
        .map((value) => JSON.stringify(value))
        .join(', ')}]`
    case 'array':
      return `array of ${describe(type.items)}`
    case 'union':
      return type.variants.slice(0, maxParts).map(describe).join(' | ')
    case 'intersection':
      return type.parts.slice(0, maxParts).map(describe).join(' & ')
    case 'ref':
      return type.name
    case 'opaque':
      return JSON.stringify(type.text)
    default:
      return type.kind
  }
}
