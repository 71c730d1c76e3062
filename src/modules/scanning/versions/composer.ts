import { compareDigits, compareNumbers, compareTexts } from './order.ts'

const words = ['dev', 'alpha', 'beta', 'rc', '', '', 'patch']
const aliases: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', p: 'patch', pl: 'patch' }

/** PHP's `version_compare`, which Composer's versions are made for. */
export function compareComposer(a: string, b: string): number {
  const [one, other] = [segmentsOf(a), segmentsOf(b)]
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const order = compareSegments(one[at] ?? '', other[at] ?? '')
    if (order !== 0) return order
  }
  return 0
}

/** Branches, such as `dev-main`, have no place among versions. */
compareComposer.reads = (version: string): boolean => /^\s*v?\d/i.test(version)

const segmentsOf = (text: string): string[] => {
  const all =
    text
      .toLowerCase()
      .replace(/^v(?=\d)/, '')
      .replace(/\+.*$/s, '')
      .match(/\d+|[a-z]+/g)
      ?.filter((word) => word !== 'stable') ?? []
  const named = all.map((segment) => (Object.hasOwn(aliases, segment) ? (aliases[segment] ?? segment) : segment))
  // `1.0` and `1.0.0` are one: Composer fills up with zeros.
  const numbers = named.findIndex((segment) => !/^\d/.test(segment))
  const release = numbers < 0 ? named : named.slice(0, numbers)
  return [...release, ...Array<string>(Math.max(0, 4 - release.length)).fill('0'), ...(numbers < 0 ? [] : named.slice(numbers))]
}

/** Unknown words, dev, alpha, beta, rc, nothing, numbers, patch. */
function place(segment: string): number {
  if (segment === '') return 4
  if (/^\d/.test(segment)) return 5
  return words.indexOf(segment)
}

const compareSegments = (a: string, b: string): number =>
  compareNumbers(place(a), place(b)) || (/^\d/.test(a) ? compareDigits(a, b) : compareTexts(a, b))
