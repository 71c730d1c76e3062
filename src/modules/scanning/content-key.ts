import { createHash } from 'node:crypto'
import type { AnalysisInput } from './analysis/analysis-input.ts'

/** What a report of an analysis is stored under: of the same bytes, rules say different things for different kinds and names of packages. */
export function contentKey(digest: string, { kind, metadata }: Pick<AnalysisInput, 'kind' | 'metadata'>): string {
  // Of images nothing goes by the name: those that several repositories have are unpacked once.
  const name = kind === 'oci' ? '' : metadata.name
  return createHash('sha256')
    .update(JSON.stringify([digest, kind, name, metadata.modelFormat ?? '']))
    .digest('hex')
}

export const attachedKey = (digest: string): string => `attached:${digest}`
