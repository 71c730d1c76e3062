import { compareDigits, compareNumbers, compareTexts } from './order.ts'

/** `epoch:version-release` as rpm orders them (`rpmvercmp`). */
export function compareRpm(a: string, b: string): number {
  const [one, other] = [partsOf(a), partsOf(b)]
  return compareDigits(one.epoch, other.epoch) || compareSegments(one.version, other.version) || compareSegments(one.release, other.release)
}

function partsOf(text: string) {
  const [, epoch = '0', rest = text] = /^(\d+):(.*)$/s.exec(text) ?? []
  const dash = rest.lastIndexOf('-')
  return dash < 0 ? { epoch, version: rest, release: '' } : { epoch, version: rest.slice(0, dash), release: rest.slice(dash + 1) }
}

// `~` before the end, the end before `^`, letters before digits; all other characters only separate.
const segmentsOf = (text: string): string[] => text.match(/\d+|[A-Za-z]+|~|\^/g) ?? []
const rank = (segment: string | undefined): number => {
  if (segment === undefined) return 1
  if (segment === '~') return 0
  if (segment === '^') return 2
  return /^\d/.test(segment) ? 4 : 3
}

function compareSegments(a: string, b: string): number {
  const [one, other] = [segmentsOf(a), segmentsOf(b)]
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const [x, y] = [one[at], other[at]]
    const order =
      compareNumbers(rank(x), rank(y)) || (/^\d/.test(x ?? '') ? compareDigits(x ?? '', y ?? '') : compareTexts(x ?? '', y ?? ''))
    if (order !== 0) return order
  }
  return 0
}
