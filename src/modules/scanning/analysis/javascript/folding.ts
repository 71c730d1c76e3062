import type { AnyNode, CallExpression } from 'acorn'

export interface Folded {
  readonly value: string
  /** Whether it was written so that a reader does not see it: decoded, reversed, joined from pieces, escaped. */
  readonly isHidden: boolean
}

const maxLength = 100_000
const maxDepth = 40

/** Works out strings that are known before anything runs. Bounded: what is deeper or longer stays unknown. */
export class Folding {
  readonly #constants = new Map<string, AnyNode>()
  readonly #reassigned = new Set<string>()
  readonly #decoders = new Map<string, Decoding>()

  /** A name declared twice, or assigned to, is none. */
  declare(name: string, value: AnyNode): void {
    if (this.#constants.has(name)) this.#reassigned.add(name)
    this.#constants.set(name, value)
  }

  /** A function of the file that decodes its argument, as obfuscated code likes to have. */
  declareDecoder(name: string, encoding: 'base64' | 'hex'): void {
    this.#decoders.set(name, (text) => (text === undefined ? undefined : readable(Buffer.from(text, encoding).toString('utf8'))))
  }

  assign(name: string): void {
    this.#reassigned.add(name)
  }

  declared(name: string): AnyNode | undefined {
    return this.#constant(name)
  }

  text(node: AnyNode | null | undefined, depth = 0): Folded | undefined {
    if (!node || depth > maxDepth) return undefined
    const folded = this.#folded(node, depth + 1)
    return folded && folded.value.length <= maxLength ? folded : undefined
  }

  #folded(node: AnyNode, depth: number): Folded | undefined {
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'string' ? { value: node.value, isHidden: isEscaped(node.raw ?? '', node.value) } : undefined
      case 'TemplateLiteral':
        return this.#joined(
          [...node.quasis, ...node.expressions].sort((a, b) => a.start - b.start),
          depth,
        )
      case 'TemplateElement':
        return { value: node.value.cooked ?? '', isHidden: isEscaped(node.value.raw, node.value.cooked ?? '') }
      case 'BinaryExpression':
        return node.operator === '+' ? this.#joined([node.left, node.right], depth) : undefined
      case 'Identifier':
        return this.text(this.#constant(node.name), depth)
      case 'MemberExpression':
        return this.#element(node.object, node.computed ? node.property : undefined, depth)
      case 'CallExpression':
        return this.#call(node, depth)
      default:
        return undefined
    }
  }

  #joined(parts: readonly AnyNode[], depth: number): Folded | undefined {
    let value = ''
    let isHidden = false
    for (const part of parts) {
      const folded = this.text(part, depth)
      if (!folded) return undefined
      value += folded.value
      isHidden ||= folded.isHidden
    }
    return { value, isHidden }
  }

  #constant(name: string): AnyNode | undefined {
    return this.#reassigned.has(name) ? undefined : this.#constants.get(name)
  }

  #element(object: AnyNode, index: AnyNode | undefined, depth: number): Folded | undefined {
    if (index?.type !== 'Literal' || typeof index.value !== 'number') return undefined
    return this.text(this.#list(object)?.[index.value], depth)
  }

  #list(node: AnyNode): readonly (AnyNode | null)[] | undefined {
    const array = node.type === 'Identifier' ? this.#constant(node.name) : node
    return array?.type === 'ArrayExpression' ? array.elements : undefined
  }

  #call(node: CallExpression, depth: number): Folded | undefined {
    const { callee } = node
    const first = node.arguments[0]
    if (callee.type === 'Identifier') return (this.#decoders.get(callee.name) ?? decodedBy[callee.name])?.(this.text(first, depth)?.value)
    if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined
    const method = callee.property.name
    if (method === 'fromCharCode' || method === 'fromCodePoint') return this.#fromCodes(node)
    if (method === 'toString') return this.#buffer(callee.object, depth)
    if (method === 'from') return this.#buffer(node, depth)
    if (method === 'join') return this.#join(callee.object, first, depth)
    if (method === 'concat') return this.#joined([callee.object, ...node.arguments], depth)
    return method === 'trim' ? this.text(callee.object, depth) : undefined
  }

  #fromCodes({ arguments: codes }: CallExpression): Folded | undefined {
    const spread = codes[0]?.type === 'SpreadElement' ? this.#list(codes[0].argument) : codes
    const numbers = (spread ?? []).map((code) => (code?.type === 'Literal' ? Number(code.value) : Number.NaN))
    if (numbers.length === 0 || numbers.length > 10_000 || numbers.some((code) => !(code >= 0 && code < 0x110000))) return undefined
    return { value: String.fromCodePoint(...numbers), isHidden: numbers.length > 3 }
  }

  /** `Buffer.from(text, 'base64').toString()` and `Buffer.from([1, 2, 3]).toString()`. */
  #buffer(object: AnyNode, depth: number): Folded | undefined {
    if (object.type !== 'CallExpression' && object.type !== 'NewExpression') return undefined
    if (!/\bBuffer\b/.test(calleeName(object.callee))) return undefined
    const [source, encoding] = object.arguments
    const bytes = source && this.#list(source)
    if (bytes) return this.#fromCodes({ arguments: bytes } as unknown as CallExpression)
    const value = this.text(source, depth)?.value
    const name = this.text(encoding, depth)?.value
    if (value === undefined || (name !== 'base64' && name !== 'hex' && name !== 'base64url')) return undefined
    return readable(Buffer.from(value, name).toString('utf8'))
  }

  /** `['a', 'b'].join('')`, and `'txet'.split('').reverse().join('')`. */
  #join(object: AnyNode, separator: AnyNode | undefined, depth: number): Folded | undefined {
    const glue = separator ? this.text(separator, depth)?.value : ','
    if (glue === undefined) return undefined
    const list = this.#list(object)
    if (list) return this.#joinList(list, glue, depth)
    const reversed = memberCall(object, 'reverse')
    const split = reversed && memberCall(reversed, 'split')
    const text = split && this.text(split, depth)
    return text && { value: [...text.value].reverse().join(glue), isHidden: true }
  }

  #joinList(list: readonly (AnyNode | null)[], glue: string, depth: number): Folded | undefined {
    const parts = list.slice(0, 5000).map((part) => this.text(part, depth))
    if (parts.some((part) => part === undefined)) return undefined
    const values = parts.map((part) => part?.value ?? '')
    const areLetters = values.length > 4 && glue === '' && values.every((value) => value.length <= 3)
    return { value: values.join(glue), isHidden: areLetters || parts.some((part) => part?.isHidden) }
  }
}

/** Bytes of a picture or a program are no hidden text. */
const readable = (value: string): Folded => ({ value, isHidden: !/[^\x20-\x7e\s]/.test(value) })

type Decoding = (text: string | undefined) => Folded | undefined
const percentDecoded: Decoding = (text) => {
  if (!text || !/%[0-9a-f]{2}/i.test(text)) return undefined
  try {
    return { value: decodeURIComponent(text), isHidden: (text.match(/%[46-7][0-9a-f]/gi)?.length ?? 0) > 3 }
  } catch {
    return undefined
  }
}
const decodedBy: Readonly<Record<string, Decoding>> = {
  __proto__: null as never,
  atob: (text) => (text === undefined ? undefined : { value: Buffer.from(text, 'base64').toString('latin1'), isHidden: true }),
  unescape: percentDecoded,
  decodeURIComponent: percentDecoded,
}

function memberCall(node: AnyNode, method: string): AnyNode | undefined {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined
  const { property, object } = node.callee
  return property.type === 'Identifier' && property.name === method ? object : undefined
}

/** `a.b.c` of a callee; `?` for what has no name. */
export function calleeName(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'ThisExpression') return 'this'
  if (node.type === 'ChainExpression') return calleeName(node.expression)
  if (node.type !== 'MemberExpression') return '?'
  const { property } = node
  const name = property.type === 'Identifier' && !node.computed ? property.name : property.type === 'Literal' ? String(property.value) : '?'
  return `${calleeName(node.object)}.${name}`
}

/** Letters and digits written as \x41 or \u0041: nobody needs that. */
function isEscaped(raw: string, value: string): boolean {
  const escapes = raw.match(/\\x(?:2[ef]|3\d|[4-7][0-9a-f])|\\u00(?:2[ef]|3\d|[4-7][0-9a-f])/gi)?.length ?? 0
  return escapes >= 4 && escapes * 2 >= value.length
}
