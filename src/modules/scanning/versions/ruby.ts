import { compareDigits, compareTexts } from './order.ts'

/** `Gem::Version`: numbers and texts take turns, a text makes a prerelease, zeros before a text or the end say nothing. */
export function compareRuby(a: string, b: string): number {
  const [one, other] = [segmentsOf(a), segmentsOf(b)]
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const order = compareSegments(one[at] ?? '0', other[at] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

compareRuby.reads = (version: string): boolean => /^\s*\d/.test(version)

const isNumber = (segment: string): boolean => /^\d/.test(segment)

function segmentsOf(text: string): string[] {
  const segments =
    text
      .trim()
      .replaceAll('-', '.pre.')
      .match(/\d+|[A-Za-z]+/g) ?? []
  const firstText = segments.findIndex((segment) => !isNumber(segment))
  const release = firstText < 0 ? segments : segments.slice(0, firstText)
  return [...withoutZeros(release), ...(firstText < 0 ? [] : withoutZeros(segments.slice(firstText)))]
}

function withoutZeros(segments: readonly string[]): readonly string[] {
  const last = segments.findLastIndex((segment) => !/^0+$/.test(segment))
  return segments.slice(0, last + 1)
}

function compareSegments(a: string, b: string): number {
  const [one, other] = [isNumber(a), isNumber(b)]
  if (one !== other) return one ? 1 : -1
  return one ? compareDigits(a, b) : compareTexts(a, b)
}
