export interface WalkLimits {
  readonly maxEntries: number
  readonly maxUnpackedBytes: number
  /** Of one compressed stream, once it gave `ratioFromBytes`. */
  readonly maxRatio: number
  readonly ratioFromBytes: number
  /** Archives inside archives. */
  readonly maxDepth: number
  readonly maxPathLength: number
  /** A zip is read from its end, so one inside a stream is written to the private folder first. */
  readonly maxSpooledBytes: number
}

const mebibyte = 1_048_576

export const defaultLimits: WalkLimits = {
  maxEntries: 500_000,
  maxUnpackedBytes: 16_384 * mebibyte,
  maxRatio: 200,
  ratioFromBytes: 32 * mebibyte,
  maxDepth: 3,
  maxPathLength: 4096,
  maxSpooledBytes: 1000 * mebibyte,
}

/** The archive says or does what no archive of good faith does; the walk of it ends, others go on. */
export class ArchiveRefused extends Error {
  readonly rule: 'archive/bomb' | 'archive/damaged' | 'archive/encrypted'

  constructor(rule: ArchiveRefused['rule'], message: string) {
    super(message)
    this.name = 'ArchiveRefused'
    this.rule = rule
  }
}

/** The analysis as a whole has seen enough: nothing further is unpacked. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent'
}

/** What one analysis may unpack, over all its archives. */
export class Budget {
  readonly limits: WalkLimits
  entries = 0
  unpackedBytes = 0

  constructor(limits: WalkLimits) {
    this.limits = limits
  }

  spendEntry(): void {
    this.entries += 1
    if (this.entries > this.limits.maxEntries) throw new BudgetSpent(`more than ${this.limits.maxEntries} entries`)
  }

  spendBytes(count: number): void {
    this.unpackedBytes += count
    if (this.unpackedBytes > this.limits.maxUnpackedBytes) throw new BudgetSpent(`more than ${this.limits.maxUnpackedBytes} bytes unpacked`)
  }
}
