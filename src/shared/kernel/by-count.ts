/**
 * Options of an `LRUCache` with at most `entries` entries that grows with what it holds: with `max` it would reserve 28 bytes for each possible
 * entry at once, and a process has some twenty such caches.
 */
export const byCount = (entries: number): { readonly maxSize: number; readonly sizeCalculation: () => number } => ({
  maxSize: entries,
  sizeCalculation: one,
})

const one = (): number => 1
