import type { Database } from '../../shared/kernel/database.ts'
import type { HeldByAccounts } from '../auth/contract.ts'
import type { Artifact } from './contract.ts'
import type { Directory } from './directory.ts'
import { TypeMismatch } from './errors.ts'

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

  /**
   * `raise` for a version that is about to be added: a type that was changed since the caller looked is refused. Throws `metadata.type_mismatch`.
   */
  async settle(artifact: Pick<Artifact, 'id' | 'namespaceId' | 'name' | 'type'>): Promise<void> {
    const rows = await this.#database.sql`update artifacts set updated_at = now(), rev = rev + 1, has_manifests = true, type_settled = true
      where id = ${artifact.id} and type = ${artifact.type} returning id`
    if (rows.length === 0) throw new TypeMismatch(artifact.type)
    this.#directory.artifactChanged(artifact)
  }

  /**
   * Of the packages whose maintainers may have changed: nothing else is told of who stands behind an artifact. In the order of ids, so that two of these
   * do not wait for each other.
   */
  async raiseHeld({ accountIds, artifactIds }: HeldByAccounts): Promise<void> {
    const raised = await this.#database.sql<Pick<Artifact, 'namespaceId' | 'name'>>`with held as (
        select id from artifacts where format = 'npm' and state = 'active' and id in (
          select unnest(${[...artifactIds]}::uuid[])
          union all select a.id from artifacts a join namespaces n on n.id = a.namespace_id where n.account_id = any(${[...accountIds]}::uuid[]))
        order by id for no key update)
      update artifacts a set rev = rev + 1, updated_at = greatest(updated_at, now()) from held where a.id = held.id
      returning a.namespace_id as "namespaceId", a.name`
    for (const artifact of raised) this.#directory.artifactChanged(artifact)
  }
}
