import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Located, Namespace } from '../metadata/contract.ts'
import { type BlobDigest, type BlobRow, writeBlob } from './blobs.queries.ts'
import { BlobCollected } from './errors.ts'
import type { Quotas } from './quota.service.ts'
import { foreignKeyViolation, hasSqlState, withRetries } from './sql-state.ts'

/** Where a blob goes when its bytes are there. */
export interface BlobPlace {
  readonly namespace: Namespace
  readonly located: Located | undefined
  /** Makes the artifact when it is new, within the surrounding transaction. */
  readonly open: () => Promise<Located>
  /** The upload session that ends with it. */
  readonly sessionId?: string
}

export interface PlacingParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly quotas: Quotas
}

/**
 * Rows of a new blob (`digests`), its link, and the end of its session: at once. Only a quota or a new artifact need more than one statement.
 * Throws `artifacts.blob_collected` for a blob that is gone, a unique violation for a digest that was stored meanwhile.
 */
export async function placeBlob(
  { database, transaction, quotas }: PlacingParts,
  place: BlobPlace,
  { blob, digests }: { readonly blob: BlobRow; readonly digests: readonly BlobDigest[] },
): Promise<void> {
  const { namespace, located, open, sessionId } = place
  const session = sessionId === undefined ? {} : { sessionId }
  const write = ({ artifact }: Located, ended: { readonly sessionId?: string }) =>
    writeBlob(database, { blob, digests, link: { artifactId: artifact.id, namespaceId: namespace.id }, ...ended })
  try {
    if (located && namespace.settings.quotaBytes === undefined) return await write(located, session)
    await withRetries(transaction, async () => {
      // Its reservation is given back before its bytes are counted.
      if (sessionId !== undefined) await database.sql`delete from upload_sessions where id = ${sessionId}`
      const target = located ?? (await open())
      await quotas.admit(namespace, [{ ...blob, digest: '' }])
      await write(target, {})
    })
  } catch (error) {
    throw hasSqlState(error, foreignKeyViolation) ? new BlobCollected() : error
  }
}
