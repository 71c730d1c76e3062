import { versionSortKey } from '../../../shared/types/version-sort-key.ts'
import { readVersion } from '../diff/bumps.ts'

/** A version, or a semver tag of an image and what it pointed to. */
export interface GraphNode {
  readonly id: string
  readonly artifactId: string
  /** Null for a tag that is no version. */
  readonly versionId: string | null
  readonly version: string
  readonly sortKey: string
  /** Null for what is no semver. */
  readonly major: number | null
  readonly prerelease: boolean
  readonly manifestDigest: string
  readonly gtypeHash: string | null
  readonly tsv: string
  readonly publishedAt: string
  readonly parentId: string | null
  readonly state: 'live' | 'superseded' | 'deleted'
}

/** Where a version belongs among the others. */
export type Standing = Pick<GraphNode, 'version' | 'sortKey' | 'major' | 'prerelease'>

/** Names that are no semver, as commits of models have them, stand in the order of time. */
export function standingOf(version: string): Standing {
  const parsed = readVersion(version)
  if (!parsed) return { version, sortKey: '', major: null, prerelease: true }
  return { version, sortKey: versionSortKey(parsed), major: parsed.major, prerelease: parsed.prerelease.length > 0 }
}

/** The id by which clients of Timescape route requests: `tsv:<unix seconds>-<name>-<sequence>` (seed-systems §3.4). */
export function tsvOf(name: string, publishedAt: string, seq: number): string {
  const seconds = Math.floor(Date.parse(publishedAt) / 1_000)
  return `tsv:${seconds}-${name.replace(/[^A-Za-z0-9_-]/g, '_')}-${String(seq).padStart(3, '0')}`
}

export const isTsv = (text: string): boolean => /^tsv:\d{1,12}-[A-Za-z0-9_-]{1,255}-\d{3,9}$/.test(text)
