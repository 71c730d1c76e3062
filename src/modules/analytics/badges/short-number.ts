const units = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** `999`, `1.2k`, `35k`, `1.2M`: rounded down, so that nobody has more than there is. */
export function shortNumber(value: number): string {
  for (const [size, unit] of units) {
    if (value < size) continue
    const ratio = value / size
    return ratio < 10 ? `${Math.floor(ratio * 10) / 10}${unit}` : `${Math.floor(ratio)}${unit}`
  }
  return `${value}`
}
