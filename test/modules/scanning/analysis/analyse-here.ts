import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { analyse } from '../../../../src/modules/scanning/analysis/analyse.ts'
import type { AnalysisKind, AnalysisMetadata } from '../../../../src/modules/scanning/analysis/analysis-input.ts'
import type { WalkLimits } from '../../../../src/modules/scanning/analysis/walk/limits.ts'
import type { AnalysisReport } from '../../../../src/modules/scanning/analysis.contract.ts'

export interface GivenBlob {
  readonly fileName?: string
  readonly bytes: Buffer
}

interface Given {
  readonly kind: AnalysisKind
  readonly blobs: readonly GivenBlob[]
  readonly metadata?: Partial<AnalysisMetadata>
  readonly popularNames?: readonly string[]
  readonly limits?: WalkLimits
}

/** What the child does, in this process: for many small archives, where starting a process each would take the time. */
export async function analyseHere({ kind, blobs, metadata, popularNames = [], limits }: Given): Promise<AnalysisReport> {
  const folder = await mkdtemp(join(tmpdir(), 'gati-analysis-test-'))
  const waiting = blobs.map(({ bytes }) => bytes)
  const layers = blobs.map(({ fileName = '', bytes }) => ({ mediaType: '', fileName, sizeBytes: bytes.length }))
  const frames = { blob: () => inPieces(waiting.shift() ?? Buffer.alloc(0)) }
  try {
    const task = {
      kind,
      layers,
      metadata: { name: 'acme-thing', version: '1.0.0', ...metadata },
      popularNames,
      folder,
      isNetworkOpen: false,
    }
    return await analyse(task, frames, limits)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Odd sizes, so that nothing rests on where a chunk ends. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0, size = 7; at < bytes.length; at += size, size = Math.min(65_536, size * 3)) yield bytes.subarray(at, at + size)
}

export const rulesOf = ({ findings }: AnalysisReport): string[] => [...new Set(findings.map(({ rule }) => rule))].sort()
