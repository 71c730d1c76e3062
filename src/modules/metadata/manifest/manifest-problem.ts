/** One reason why a manifest is refused; `path` is a JSON pointer (RFC 6901), empty for the document itself. */
export interface ManifestProblem {
  readonly path: string
  readonly message: string
  /** What would have been right, for people. */
  readonly expected: string
}

/** One step of a JSON pointer. */
export const step = (key: string | number): string => `/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`

/** The places of items whose key already occurred further up. */
export function repeatedAt<T>(items: readonly T[], keyOf: (item: T) => string): number[] {
  const seen = new Set<string>()
  return items.flatMap((item, index) => {
    const key = keyOf(item)
    if (seen.has(key)) return [index]
    seen.add(key)
    return []
  })
}
