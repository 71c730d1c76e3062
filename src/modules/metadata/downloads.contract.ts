import { service } from '../../shared/kernel/service.ts'
import type { Version } from './contract.ts'

export type CountedVersion = Pick<Version, 'id' | 'artifactId'>

/** Downloads of versions, and of the artifacts they are of, as metadata shows them. */
export interface DownloadCounts {
  /** How long a count may be in memory alone. */
  readonly flushMs: number
  /** In `setup`, by the one module that knows more of downloads: each is told to `count` instead, which brings it back by `add`. */
  handTo(count: (version: CountedVersion) => void): void
  /** Adds by version id, in one statement, as part of the surrounding transaction. Versions that are gone are left out. */
  add(counts: ReadonlyMap<string, number>): Promise<void>
}
export const DownloadCounts = service<DownloadCounts>('metadata.download_counts')
