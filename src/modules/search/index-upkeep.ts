import { service } from '../../shared/kernel/service.ts'
import type { ScannedManifest } from '../scanning/scores.contract.ts'
import type { DocumentIndex } from './document-index.ts'

/** Care for the documents that no event asks for. */
export interface IndexUpkeep {
  /** Shows the score of the last scan of a manifest, where that is the version that is shown. */
  scanned(manifest: ScannedManifest): Promise<void>
  /** Indexes what changed without an event; answers how many. */
  catchUp(signal: AbortSignal): Promise<number>
}
export const IndexUpkeep = service<IndexUpkeep>('search.upkeep')

export const createIndexUpkeep = (documents: DocumentIndex): IndexUpkeep => ({
  scanned: (manifest) => documents.noteScan(manifest),
  catchUp: (signal) => documents.catchUp(signal),
})
