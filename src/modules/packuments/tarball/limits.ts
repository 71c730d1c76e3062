/** D-15. */
export interface TarballLimits {
  readonly maxPackedBytes: number
  /** Of the archive that comes out. */
  readonly maxUnpackedBytes: number
  readonly maxEntries: number
}

/** Unpacked bytes per packed one beyond the first 64 MiB: text that is worth keeping compresses to a tenth. */
export const maxRatio = 50
export const freeUnpackedBytes = 67_108_864
