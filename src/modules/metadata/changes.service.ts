import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { ArtifactRef, Catalog, Located } from './contract.ts'
import { ArtifactChanged, ArtifactNotFound } from './errors.ts'
import { freedPrefix } from './freed-name.ts'
import type { Locator } from './locator.ts'
import type { Change, Changes, VersionStanding } from './packages.contract.ts'

export interface ChangesDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly locator: Locator
  readonly versions: Pick<Catalog, 'unpublish'>
}

export class ChangesService implements Changes {
  readonly #deps: ChangesDeps

  constructor(deps: ChangesDeps) {
    this.#deps = deps
  }

  async together<T>(principal: Principal, { ref, action, rev }: Change, work: (located: Located) => Promise<T>): Promise<T> {
    const { database, transaction, locator } = this.#deps
    const located = await locator.artifact(principal, ref, action)
    return transaction.run(async () => {
      const [row] = await database.sql<{ rev: number }>`select rev from artifacts where id = ${located.artifact.id} for no key update`
      if (!row) throw new ArtifactNotFound()
      if (rev !== undefined && rev !== row.rev) throw new ArtifactChanged()
      return work(located)
    })
  }

  standings({ artifact }: Located): Promise<readonly VersionStanding[]> {
    return this.#deps.database.sql<VersionStanding>`
      select version, state, deprecated_reason as deprecation from versions
      where artifact_id = ${artifact.id} and version not like ${`${freedPrefix}%`} order by sort_key, version`
  }

  async tags({ artifact }: Located): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#deps.database.sql<{ name: string; version: string }>`
      select t.name, v.version from tags t join versions v on v.id = t.version_id
      where t.artifact_id = ${artifact.id} and v.state in ('published', 'deprecated', 'yanked') order by t.name`
    return new Map(rows.map(({ name, version }) => [name, version]))
  }

  /** Lowest first, so that `latest` moves once. */
  unpublishAll(principal: Principal, ref: ArtifactRef, rev?: number): Promise<void> {
    return this.together(principal, { ref, action: 'manage', ...(rev !== undefined && { rev }) }, async (located) => {
      const standing = (await this.standings(located)).filter(({ state }) => state !== 'deleted')
      if (standing.length === 0) throw new ArtifactNotFound()
      for (const { version } of standing) await this.#deps.versions.unpublish(principal, ref, version)
    })
  }
}
