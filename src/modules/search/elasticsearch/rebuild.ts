import { randomUUID } from 'node:crypto'
import type { Client } from '@elastic/elasticsearch'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { RebuildUnderway } from '../errors.ts'
import type { DocumentBatch } from '../search-driver.ts'
import { writeBulk } from './bulk.ts'
import { endRebuild, leaseRebuild, noteChanges } from './changes.queries.ts'
import { toIndexed } from './indexed-document.ts'
import type { Indexes } from './indexes.ts'

interface RebuildDeps {
  readonly client: Client
  readonly indexes: Indexes
  readonly database: Database
  readonly log: Logger
}

/** Lower than every change's: what changes while an index is built is newer than what it is built from. */
const builtNumber = 1
/** Longer than any batch takes. */
const leaseSeconds = 60

/** A new index beside the one that answers, which takes its place when it is complete. */
export async function rebuildIndex(
  { client, indexes, database, log }: RebuildDeps,
  batches: AsyncIterable<DocumentBatch>,
): Promise<number> {
  const owner = randomUUID()
  if (!(await leaseRebuild(database, owner, leaseSeconds))) throw new RebuildUnderway()
  try {
    // Before the first document is read: what changes later than that is noted, and goes to the new index too.
    await noteChanges(database)
    const index = await indexes.open()
    try {
      let count = 0
      for await (const { documents } of batches) {
        if (!(await leaseRebuild(database, owner, leaseSeconds))) throw new RebuildUnderway()
        const writes = documents.map((document) => ({
          artifactId: document.artifactId,
          number: builtNumber,
          document: toIndexed(document),
        }))
        count += documents.length - (await writeBulk(client, writes, { aliases: [indexes.names.next], log }))
      }
      await indexes.swap(index)
      return count
    } catch (error) {
      await indexes.discard(index)
      throw error
    }
  } finally {
    await endRebuild(database, owner)
  }
}
