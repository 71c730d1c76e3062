import { compareDigits, compareNumbers, compareTexts } from './order.ts'

// https://maven.apache.org/pom.html#version-order-specification
const qualifiers = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp']
const aliases: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' }
const shorthands: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' }

interface Token {
  readonly separator: '.' | '-'
  readonly text: string
}

const isNumber = ({ text }: Token): boolean => /^\d/.test(text)
const isNull = (token: Token): boolean => /^0+$/.test(token.text)

export function compareMaven(a: string, b: string): number {
  const [one, other] = [tokensOf(a), tokensOf(b)]
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const [x, y] = [one[at], other[at]]
    const order = compareTokens(x ?? paddingFor(y), y ?? paddingFor(x))
    if (order !== 0) return order
  }
  return 0
}

function tokensOf(text: string): Token[] {
  const version = text.toLowerCase()
  const tokens: Token[] = []
  let separator: Token['separator'] = '.'
  for (const [part, letters] of version.matchAll(/[.\-_]|\d+|([^\d.\-_]+)/g)) {
    if (/^[.\-_]$/.test(part)) separator = part === '.' ? '.' : '-'
    else if (letters === undefined) tokens.push({ separator, text: part })
    else tokens.push({ separator: '-', text: nameOf(part, version) })
    // Between digits and letters there is a dash that nobody writes.
    if (!/^[.\-_]$/.test(part)) separator = '-'
  }
  const named = tokens.filter((token) => token.text !== '')
  return trimmed(named.map((token, at) => (at === 0 && isNumber(token) ? { ...token, separator: '.' } : token)))
}

/** `a1` is `alpha-1`; alone, `a` is a word like any other. */
function nameOf(part: string, version: string): string {
  const short = Object.hasOwn(shorthands, part) && new RegExp(`${part}\\d`).test(version) ? shorthands[part] : undefined
  const alias = Object.hasOwn(aliases, part) ? aliases[part] : undefined
  return short ?? alias ?? part
}

/** From the end to the front, and again before every dash, what is null says nothing. */
function trimmed(tokens: readonly Token[]): Token[] {
  const kept: Token[] = []
  let canDrop = true
  for (const token of tokens.toReversed()) {
    if (canDrop && isNull(token)) continue
    kept.unshift(token)
    canDrop = token.separator === '-'
  }
  return kept
}

const paddingFor = (token: Token | undefined): Token => ({ separator: token?.separator ?? '.', text: token && isNumber(token) ? '0' : '' })

/** Words before `-number` before `.number`. */
const kindOf = (token: Token): number => (isNumber(token) ? (token.separator === '.' ? 2 : 1) : 0)

const compareTokens = (a: Token, b: Token): number =>
  compareNumbers(kindOf(a), kindOf(b)) || (isNumber(a) ? compareDigits(a.text, b.text) : compareQualifiers(a.text, b.text))

function compareQualifiers(a: string, b: string): number {
  const [one, other] = [qualifiers.indexOf(a), qualifiers.indexOf(b)]
  const place = (at: number): number => (at < 0 ? qualifiers.length : at)
  return compareNumbers(place(one), place(other)) || (one < 0 ? compareTexts(a, b) : 0)
}
