import type { LocalCache, LocalCaches } from '../../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Audit } from '../../auth/contract.ts'
import type { ArtifactRef, Catalog, Located } from '../../metadata/contract.ts'
import type { Policies, PolicyName, PolicyView } from '../views.ts'

export interface PoliciesDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly catalog: Catalog
  readonly audit: Audit
}

/** Of the registry: most have no policy at all, and then no artifact has to be asked for. */
interface Existence {
  readonly any: boolean
}

/** Of an artifact or a namespace. */
interface OwnPolicy {
  readonly policy: PolicyName | null
}

const wholeRegistry = 'registry'

/** The policy of an artifact, else of its namespace, else of the registry. */
export class PolicyService implements Policies {
  readonly #deps: PoliciesDeps
  readonly #default: PolicyName
  readonly #cache: LocalCache<OwnPolicy>
  readonly #existence: LocalCache<Existence>

  constructor(deps: PoliciesDeps, byDefault: PolicyName) {
    this.#deps = deps
    this.#default = byDefault
    this.#cache = deps.caches.create({ name: 'timescape.policies', maxEntries: 10_000, ttlMs: 2_000 })
    this.#existence = deps.caches.create({ name: 'timescape.policies_exist', maxEntries: 1, ttlMs: 2_000 })
  }

  /** Outside of a transaction, within which nothing that is read is kept. */
  async prepare(of: Pick<Located, 'artifact' | 'namespace'>): Promise<void> {
    await this.effective(of)
  }

  async effective({ artifact, namespace }: Pick<Located, 'artifact' | 'namespace'>): Promise<PolicyName> {
    const existence = await this.#existence.get(wholeRegistry, () => this.#exists())
    if (existence?.any === false) return this.#default
    for (const { id } of [artifact, namespace]) {
      const own = await this.#cache.get(id, async () => ({ policy: await this.#policyOf(id) }))
      if (own?.policy) return own.policy
    }
    return this.#default
  }

  async ofArtifact(principal: Principal, ref: ArtifactRef): Promise<PolicyView> {
    const { artifact, namespace } = await this.#deps.catalog.locate(principal, ref, 'read')
    const [own, ofNamespace] = [await this.#policyOf(artifact.id), await this.#policyOf(namespace.id)]
    return { own, effective: own ?? ofNamespace ?? this.#default }
  }

  async setOfArtifact(principal: Principal, ref: ArtifactRef, policy: PolicyName | null): Promise<PolicyView> {
    const { artifact, namespace } = await this.#deps.catalog.locate(principal, ref, 'manage')
    await this.#set({ id: artifact.id, subject: `${namespace.name}/${artifact.name}`, namespace: namespace.name }, policy)
    return this.ofArtifact(principal, ref)
  }

  async ofNamespace(principal: Principal, name: string): Promise<PolicyView> {
    const { id } = await this.#deps.catalog.namespace(principal, name, 'read')
    const own = await this.#policyOf(id)
    return { own, effective: own ?? this.#default }
  }

  async setOfNamespace(principal: Principal, name: string, policy: PolicyName | null): Promise<PolicyView> {
    const namespace = await this.#deps.catalog.namespace(principal, name, 'manage')
    await this.#set({ id: namespace.id, subject: namespace.name, namespace: namespace.name }, policy)
    return this.ofNamespace(principal, name)
  }

  async #exists(): Promise<Existence> {
    const [row] = await this.#deps.database.sql<Existence>`select exists (select from timescape_policies) as "any"`
    return { any: row?.any !== false }
  }

  async #policyOf(subjectId: string): Promise<PolicyName | null> {
    const [row] = await this.#deps.database.sql<{
      policy: PolicyName
    }>`select policy from timescape_policies where subject_id = ${subjectId}`
    return row?.policy ?? null
  }

  async #set(of: { readonly id: string; readonly subject: string; readonly namespace: string }, policy: PolicyName | null): Promise<void> {
    const { database, transaction, audit } = this.#deps
    await transaction.run(async () => {
      const before = await this.#policyOf(of.id)
      if (policy === null) await database.sql`delete from timescape_policies where subject_id = ${of.id}`
      else
        await database.sql`insert into timescape_policies (subject_id, policy) values (${of.id}, ${policy})
          on conflict (subject_id) do update set policy = excluded.policy, set_at = now()`
      this.#existence.invalidate(wholeRegistry)
      this.#cache.invalidate(of.id)
      await audit.record({
        ...{ action: 'timescape_policy.changed', subject: of.subject, subjectId: of.id, namespace: of.namespace },
        ...{ before: { policy: before }, after: { policy } },
      })
    })
  }
}
