import { service } from '../../shared/kernel/service.ts'
import type { Version } from './contract.ts'

export type CountedVersion = Pick<Version, 'id' | 'artifactId'>

/** Downloads of versions, and of the artifacts they are of, as metadata shows them. */
export interface DownloadCounts {
  /** How long a count may be in memory alone. */
  readonly flushMs: number
  /**
   * In `setup`: `listener` hears of each download, within its request context; it takes microseconds and does not throw. The one module that `counts`
   * does it instead of metadata, and brings what it counted back by `add`.
   */
  on(listener: (version: CountedVersion) => void, as?: { readonly counts: true }): void
  /** Adds by version id, in one statement, as part of the surrounding transaction. Versions that are gone are left out. */
  add(counts: ReadonlyMap<string, number>): Promise<void>
}
export const DownloadCounts = service<DownloadCounts>('metadata.download_counts')
