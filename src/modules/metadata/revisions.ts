import type { Database } from '../../shared/kernel/database.ts'
import type { Artifact } from './contract.ts'
import type { Directory } from './directory.ts'

/** Revisions of artifacts, by which documents that are built ahead are named. */
export class Revisions {
  readonly #database: Database
  readonly #directory: Directory

  constructor(database: Database, directory: Directory) {
    this.#database = database
    this.#directory = directory
  }

  /** Locks the artifact's row, so that changes of what is told about it come one after the other. Within the surrounding transaction. */
  async raise(artifact: Pick<Artifact, 'id' | 'namespaceId' | 'name'>): Promise<void> {
    await this.#database.sql`update artifacts set rev = rev + 1, updated_at = greatest(updated_at, now()) where id = ${artifact.id}`
    this.#directory.artifactChanged(artifact)
  }
}
