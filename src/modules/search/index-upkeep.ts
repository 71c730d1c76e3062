import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import { service } from '../../shared/kernel/service.ts'
import { NotAllowed } from '../auth/errors.ts'
import type { DocumentIndex } from './document-index.ts'
import type { ScannedManifest } from './documents.queries.ts'

/** Care for the documents that no event asks for. */
export interface IndexUpkeep {
  /** For administrators of the whole registry. */
  rebuild(principal: Principal): Promise<{ readonly documents: number }>
  /** Keeps the score of a manifest, and shows it where that is the version that is shown. */
  scanned(scan: ScannedManifest): Promise<void>
  /** Indexes what changed without an event; answers how many. */
  catchUp(signal: AbortSignal): Promise<number>
}
export const IndexUpkeep = service<IndexUpkeep>('search.upkeep')

export const createIndexUpkeep = (documents: DocumentIndex): IndexUpkeep => ({
  async rebuild(principal) {
    if (!isRegistryAdmin(principal)) throw new NotAllowed()
    return { documents: await documents.rebuild() }
  },
  scanned: (scan) => documents.noteScan(scan),
  catchUp: (signal) => documents.catchUp(signal),
})
