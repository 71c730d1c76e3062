import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import { service } from '../../shared/kernel/service.ts'
import { NotAllowed } from '../auth/errors.ts'
import type { ScannedManifest } from '../scanning/scores.contract.ts'
import type { DocumentIndex } from './document-index.ts'

/** Care for the documents that no event asks for. */
export interface IndexUpkeep {
  /** For administrators of the whole registry. */
  rebuild(principal: Principal): Promise<{ readonly documents: number }>
  /** Shows the score of the last scan of a manifest, where that is the version that is shown. */
  scanned(manifest: ScannedManifest): Promise<void>
  /** Indexes what changed without an event; answers how many. */
  catchUp(signal: AbortSignal): Promise<number>
}
export const IndexUpkeep = service<IndexUpkeep>('search.upkeep')

/** Documents outside of Postgres, made from what Postgres has. */
interface OtherIndex {
  rebuild(): Promise<number>
}

export const createIndexUpkeep = (documents: DocumentIndex, other?: OtherIndex): IndexUpkeep => ({
  async rebuild(principal) {
    if (!isRegistryAdmin(principal)) throw new NotAllowed()
    const count = await documents.rebuild()
    await other?.rebuild()
    return { documents: count }
  },
  scanned: (manifest) => documents.noteScan(manifest),
  catchUp: (signal) => documents.catchUp(signal),
})
