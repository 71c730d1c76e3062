/** Below zero, zero or above zero. A total order: every text has a place, also one that is no version of its kind. */
export interface Compare {
  (a: string, b: string): number
  /** Whether a text is a version of its kind; every one is where this is missing. */
  readonly reads?: (version: string) => boolean
}

export const compareNumbers = (a: number | bigint, b: number | bigint): number => (a < b ? -1 : a > b ? 1 : 0)
export const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Digits of any length, by what they count. */
export function compareDigits(a: string, b: string): number {
  const [one, other] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return one.length - other.length || compareTexts(one, other)
}

/** What comes first in the lists decides; `missing` stands for what the shorter one lacks. */
export function compareLists<T>(
  a: readonly T[],
  b: readonly T[],
  { missing, compare }: { missing: T; compare: (a: T, b: T) => number },
): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const order = compare(a[at] ?? missing, b[at] ?? missing)
    if (order !== 0) return order
  }
  return 0
}
