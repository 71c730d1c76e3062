import type { GType, Property, Scalar } from './gtype.ts'
import { anything, enumOf, intersectionOf, nullable, objectOf, unionOf } from './normal-form.ts'
import { NotationError, type Token, Tokens, tokensOf } from './notation-tokens.ts'
import { boundNames, simpleTypes } from './notation-words.ts'
import { TypeTooLarge, Walk } from './walk.ts'

const maxLength = 2_000

/**
 * The manifest's notation of one field: `string`, `enum[a,b]`, `string[]`, `{ street: string, zip?: string }`, `User | null`, `number(min=0)`, each
 * with an optional `?` at its end. What cannot be read is an opaque type: a publish never fails for it.
 */
export function parseNotation(text: string): Property {
  try {
    const tokens = text.length <= maxLength ? tokensOf(text) : undefined
    if (!tokens || tokens.length === 0) return unread(text)
    return new NotationParser(new Tokens(tokens)).whole()
  } catch (error) {
    if (error instanceof NotationError || error instanceof TypeTooLarge) return unread(text)
    throw error
  }
}

const unread = (text: string): Property => ({ type: { kind: 'opaque', text: text.trim() }, required: true })

/** Fields of an object by their notation; `?` behind a name or a type makes it optional. */
export function parseFields(fields: Readonly<Record<string, string>>): GType {
  const properties = Object.entries(fields).map(([key, text]) => {
    const { type, required } = parseNotation(text)
    const isOptional = key.length > 1 && key.endsWith('?')
    return [isOptional ? key.slice(0, -1) : key, { type, required: required && !isOptional }] as const
  })
  return objectOf(new Map(properties))
}

class NotationParser {
  readonly #tokens: Tokens

  constructor(tokens: Tokens) {
    this.#tokens = tokens
  }

  whole(): Property {
    const type = this.#union(new Walk())
    const isOptional = this.#tokens.takes('?')
    if (!this.#tokens.done) throw new NotationError('something follows the type')
    return { type, required: !isOptional }
  }

  #union(walk: Walk): GType {
    const below = walk.deeper()
    this.#tokens.takes('|')
    const variants = [this.#intersection(below)]
    while (this.#tokens.takes('|')) variants.push(this.#intersection(below))
    return variants.length === 1 ? (variants[0] ?? anything) : unionOf(variants)
  }

  #intersection(walk: Walk): GType {
    const parts = [this.#suffixed(walk)]
    while (this.#tokens.takes('&')) parts.push(this.#suffixed(walk))
    return parts.length === 1 ? (parts[0] ?? anything) : intersectionOf(parts)
  }

  #suffixed(walk: Walk): GType {
    let type = this.#primary(walk.deeper())
    while (this.#tokens.takes('[')) {
      this.#tokens.expect(']')
      type = { kind: 'array', items: type }
    }
    return type
  }

  #primary(walk: Walk): GType {
    if (this.#tokens.takes('(')) return this.#closed(walk, ')')
    if (this.#tokens.takes('{')) return this.#object(walk)
    if (this.#tokens.takes('[')) return this.#tuple(walk, ']')
    const { kind, value } = this.#tokens.next()
    if (kind === 'text') return enumOf([value])
    if (kind === 'number') return enumOf([Number(value)])
    if (kind === 'sign') throw new NotationError(`${value} is no type`)
    return value === 'true' || value === 'false' ? enumOf([value === 'true']) : this.#word(value, walk)
  }

  #closed(walk: Walk, sign: string): GType {
    const type = this.#union(walk)
    this.#tokens.expect(sign)
    return type
  }

  #object(walk: Walk): GType {
    const fields = this.#tokens.list('}', (): [string, Property] => {
      const { kind, value } = this.#tokens.next()
      if (kind === 'sign') throw new NotationError('a name is missing')
      const isOptional = this.#tokens.takes('?')
      this.#tokens.expect(':')
      const type = this.#union(walk)
      return [value, { type, required: !this.#tokens.takes('?') && !isOptional }]
    })
    return objectOf(new Map(fields))
  }

  #tuple(walk: Walk, close: string): GType {
    const items = this.#tokens.list(close, () => this.#union(walk))
    return { kind: 'tuple', items, rest: false, minItems: items.length }
  }

  #word(word: string, walk: Walk): GType {
    const name = word.toLowerCase()
    if (name === 'enum' && (this.#tokens.takes('[') || this.#tokens.takes('('))) return this.#enum()
    const generic = ['array', 'list', 'record', 'map', 'tuple', 'nullable', 'optional'].includes(name)
    if (generic && this.#tokens.takes('<'))
      return this.#generic(
        name,
        this.#tokens.list('>', () => this.#union(walk)),
      )
    if (name === 'array' && this.#isItemList())
      return this.#generic(
        name,
        this.#tokens.list(']', () => this.#union(walk)),
      )
    const simple = simpleTypes.get(name)
    if (!simple) return { kind: 'ref', name: word }
    return this.#tokens.takes('(') ? this.#bounded(simple) : simple
  }

  /** `array[string]`, where `array[]` is an array of arrays. */
  #isItemList(): boolean {
    const rest = this.#tokens.lookahead(2)
    return rest[0]?.value === '[' && rest[1] !== undefined && rest[1].value !== ']' && this.#tokens.takes('[')
  }

  #enum(): GType {
    const values: Scalar[] = []
    for (let token = this.#tokens.next(); !closesEnum(token); token = this.#tokens.next()) {
      if (token.kind !== 'sign') values.push(token.kind === 'number' ? Number(token.value) : token.value)
      else if (token.value !== ',' && token.value !== '|') throw new NotationError(`${token.value} in an enum`)
    }
    return enumOf(values)
  }

  #generic(name: string, [first = anything, second, ...more]: readonly GType[]): GType {
    if (name === 'tuple') {
      const items = [first, ...(second ? [second] : []), ...more]
      return { kind: 'tuple', items, rest: false, minItems: items.length }
    }
    if (name === 'record' || name === 'map') return objectOf(new Map(), second ?? first)
    if (name === 'nullable') return nullable(first)
    return name === 'optional' ? first : { kind: 'array', items: first }
  }

  #bounded(type: GType): GType {
    const names = boundNames[type.kind] ?? {}
    const bounds = this.#tokens.list(')', (): [string, unknown] => {
      const { value: name } = this.#tokens.next()
      this.#tokens.expect('=')
      const { kind, value } = this.#tokens.next()
      const known = Object.hasOwn(names, name) ? names[name] : undefined
      if (known === undefined) throw new NotationError(`${name} bounds no ${type.kind}`)
      return [known, kind === 'number' ? Number(value) : value]
    })
    return { ...type, ...Object.fromEntries(bounds) } as GType
  }
}

const closesEnum = ({ kind, value }: Token): boolean => kind === 'sign' && (value === ']' || value === ')')
