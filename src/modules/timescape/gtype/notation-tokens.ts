/** One sign or word of the manifest's notation. */
export interface Token {
  readonly kind: 'word' | 'number' | 'text' | 'sign'
  readonly value: string
}

const grammar =
  /\s*(?:(?<word>[A-Za-z_$][\w$./-]*)|(?<number>-?\d+(?:\.\d+)?)|"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<sign>[[\](){}<>|&,;:?=]))/y

/** `undefined` for a text with anything else in it. */
export function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  grammar.lastIndex = 0
  while (text.slice(grammar.lastIndex).trim() !== '') {
    const groups = grammar.exec(text)?.groups
    if (!groups) return undefined
    tokens.push(tokenOf(groups))
  }
  return tokens
}

function tokenOf({ word, number, double, single, sign }: Readonly<Record<string, string | undefined>>): Token {
  if (word !== undefined) return { kind: 'word', value: word }
  if (number !== undefined) return { kind: 'number', value: number }
  if (sign !== undefined) return { kind: 'sign', value: sign }
  return { kind: 'text', value: double ?? single ?? '' }
}

/** Goes through the tokens; every miss is a `NotationError`, which stays inside of the parser. */
export class Tokens {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  /** The next tokens, at most so many. */
  lookahead(count: number): readonly Token[] {
    return this.#tokens.slice(this.#at, this.#at + count)
  }

  next(): Token {
    const token = this.#tokens[this.#at]
    if (!token) throw new NotationError('the text ends too early')
    this.#at += 1
    return token
  }

  /** Takes the sign when it is the next. */
  takes(sign: string): boolean {
    const token = this.peek()
    if (token?.kind !== 'sign' || token.value !== sign) return false
    this.#at += 1
    return true
  }

  expect(sign: string): void {
    if (!this.takes(sign)) throw new NotationError(`${sign} is missing`)
  }

  /** Items with commas (or semicolons) between them, up to the closing sign. */
  list<T>(close: string, item: () => T): T[] {
    const items: T[] = []
    while (!this.takes(close)) {
      items.push(item())
      if (this.takes(',') || this.takes(';')) continue
      this.expect(close)
      break
    }
    return items
  }
}

export class NotationError extends Error {}
