import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Audit } from '../auth/contract.ts'
import type { Catalog, Namespace } from '../metadata/contract.ts'
import { PolicyInvalid } from './errors.ts'
import { SigningTrustChanged } from './events.contract.ts'
import type { SigningPolicies, SigningPolicy, SigningPolicyView } from './publisher.contract.ts'
import { keysOf, policyOf, revocationsOf } from './publisher-keys.queries.ts'
import type { SigningSettings } from './settings.ts'

export interface SigningPoliciesDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly events: Events
  readonly catalog: Catalog
  readonly audit: Audit
  readonly require: SigningSettings['require']
}

export class SigningPoliciesService implements SigningPolicies {
  readonly #deps: SigningPoliciesDeps
  readonly #known: LocalCache<SigningPolicy>
  readonly #revocations: LocalCache<{ readonly text: string }>

  constructor(deps: SigningPoliciesDeps) {
    this.#deps = deps
    this.#known = deps.caches.create({ name: 'signing.policies', maxEntries: 5_000, ttlMs: 60_000 })
    this.#revocations = deps.caches.create({ name: 'signing.revocations', maxEntries: 5_000, ttlMs: 60_000 })
  }

  async find(principal: Principal, name: string): Promise<SigningPolicyView> {
    const namespace = await this.#deps.catalog.namespace(principal, name, 'read')
    return { ...(await policyOf(this.#deps.database, namespace.id)), required: this.requires(namespace) }
  }

  async set(principal: Principal, name: string, policy: SigningPolicy): Promise<SigningPolicyView> {
    const { database, transaction, catalog, audit, events } = this.#deps
    const namespace = await catalog.namespace(principal, name, 'manage')
    await transaction.run(async () => {
      const before = await policyOf(database, namespace.id)
      await this.#requireKnownKeys(namespace, policy)
      await database.sql`insert into signing_policies (namespace_id, policy) values (${namespace.id}, ${JSON.stringify(policy)}::jsonb)
        on conflict (namespace_id) do update set policy = excluded.policy, updated_at = now()`
      await audit.record({
        ...{ action: 'signing_policy.changed', subject: namespace.name, subjectId: namespace.id, namespace: namespace.name },
        ...{ before, after: policy },
      })
      await events.emit(SigningTrustChanged, { namespaceId: namespace.id, namespace: namespace.name })
      this.#known.invalidate(namespace.id)
    })
    return { ...policy, required: this.requires(namespace) }
  }

  /** At most 2 s old where nobody can say that it changed. */
  async of({ id }: Pick<Namespace, 'id'>): Promise<SigningPolicy> {
    return (await this.#known.get(id, () => policyOf(this.#deps.database, id))) ?? { identities: [], requiredPredicateTypes: [] }
  }

  /** Changes with every revocation: what was found out before is looked up again. */
  async revocations({ id }: Pick<Namespace, 'id'>): Promise<string> {
    return (await this.#revocations.get(id, async () => ({ text: await revocationsOf(this.#deps.database, id) })))?.text ?? ''
  }

  forgetRevocations({ id }: Pick<Namespace, 'id'>): void {
    this.#revocations.invalidate(id)
  }

  /** Design.md §5 decision 3. */
  requires({ settings }: Pick<Namespace, 'settings'>): boolean {
    const { require } = this.#deps
    return require === 'namespace' ? settings.requireSignedArtifacts : require === 'always'
  }

  async #requireKnownKeys({ id }: Namespace, { allowedKeys = [] }: SigningPolicy): Promise<void> {
    if (allowedKeys.length === 0) return
    const known = new Set((await keysOf(this.#deps.database, id)).map((key) => key.id))
    const unknown = allowedKeys.find((key) => !known.has(key))
    if (unknown !== undefined) throw new PolicyInvalid(`${unknown} is no key of this publisher`)
  }
}
