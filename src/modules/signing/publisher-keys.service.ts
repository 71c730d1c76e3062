import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Audit } from '../auth/contract.ts'
import type { Catalog, Namespace } from '../metadata/contract.ts'
import { KeyExists, KeyInvalid, KeyNotFound, KeyRevoked, TooManyKeys } from './errors.ts'
import { PublisherKeyRevoked, SigningTrustChanged } from './events.contract.ts'
import type { KeyRevocation, NewPublisherKey, PublisherKeys, PublisherKeyView } from './publisher.contract.ts'
import { insertKey, type KeyRow, keysOf, viewKey } from './publisher-keys.queries.ts'
import type { SigningPoliciesService } from './signing-policies.service.ts'
import { describeKey } from './verification/publisher-key.ts'

export interface PublisherKeysDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly catalog: Catalog
  readonly audit: Audit
  readonly policies: Pick<SigningPoliciesService, 'forgetRevocations'>
}

const maxKeys = 100
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export class PublisherKeysService implements PublisherKeys {
  readonly #deps: PublisherKeysDeps
  constructor(deps: PublisherKeysDeps) {
    this.#deps = deps
  }

  async list(principal: Principal, namespace: string): Promise<readonly PublisherKeyView[]> {
    const { id } = await this.#deps.catalog.namespace(principal, namespace, 'read')
    return (await keysOf(this.#deps.database, id)).map(viewKey)
  }

  async register(principal: Principal, name: string, wanted: NewPublisherKey): Promise<PublisherKeyView> {
    const { database, catalog } = this.#deps
    const namespace = await catalog.namespace(principal, name, 'manage')
    const key = await describeKey(wanted.publicKey)
    const expiresAt = earlier(key.expiresAt, wanted.expiresAt === undefined ? null : instantOf(wanted.expiresAt))
    if (expiresAt && expiresAt <= new Date()) throw new KeyInvalid(`it expired on ${expiresAt.toISOString()}`)
    return this.#change(namespace, 'publisher_key.registered', async (keys) => {
      const known = keys.find(({ fingerprint }) => fingerprint === key.fingerprint)
      if (known) throw new KeyExists(known.id)
      if (keys.length >= maxKeys) throw new TooManyKeys(maxKeys)
      const id = uuidv7()
      await insertKey(database, {
        ...key,
        expiresAt,
        id,
        namespaceId: namespace.id,
        name: wanted.name,
        createdBy: principal.username ?? null,
      })
      return id
    })
  }

  async expire(
    principal: Principal,
    name: string,
    change: { readonly keyId: string; readonly expiresAt: string | null },
  ): Promise<PublisherKeyView> {
    const { database, catalog } = this.#deps
    const namespace = await catalog.namespace(principal, name, 'manage')
    return this.#change(namespace, 'publisher_key.expiry_changed', async (keys) => {
      const key = keyOf(keys, change.keyId)
      if (key.revokedAt !== null) throw new KeyRevoked()
      const { expiresAt } = await describeKey(key.material).catch(() => ({ expiresAt: null }))
      const wanted = earlier(expiresAt, change.expiresAt === null ? null : instantOf(change.expiresAt))
      await database.sql`update publisher_keys set expires_at = ${wanted} where id = ${key.id}`
      return key.id
    })
  }

  async revoke(principal: Principal, name: string, change: KeyRevocation & { readonly keyId: string }): Promise<PublisherKeyView> {
    const { database, catalog, events } = this.#deps
    const namespace = await catalog.namespace(principal, name, 'manage')
    const from = change.at === undefined ? new Date(0) : instantOf(change.at)
    return this.#change(namespace, 'publisher_key.revoked', async (keys) => {
      const key = keyOf(keys, change.keyId)
      if (key.revokedAt !== null && (key.compromised || !change.compromised)) throw new KeyRevoked()
      // What was said once about older signatures is only ever narrowed.
      await database.sql`update publisher_keys set revoked_at = coalesce(revoked_at, now()), revoked_reason = ${change.reason},
        compromised = ${change.compromised}, void_from = least(void_from, ${from}) where id = ${key.id}`
      const { reason, compromised } = change
      await events.emit(PublisherKeyRevoked, { namespace: namespace.name, keyId: key.id, reason, compromised })
      return key.id
    })
  }

  /** One change of the keys of a namespace at a time. */
  #change(namespace: Namespace, action: string, work: (keys: readonly KeyRow[]) => Promise<string>): Promise<PublisherKeyView> {
    const { database, transaction, events, audit, policies } = this.#deps
    return transaction.run(async () => {
      await database.sql`select id from namespaces where id = ${namespace.id} for no key update`
      const before = await keysOf(database, namespace.id)
      const id = await work(before)
      const after = keyOf(await keysOf(database, namespace.id), id)
      await audit.record({
        ...{ action, subject: `${namespace.name}/${after.name}`, subjectId: id, namespace: namespace.name },
        ...{ before: before.filter((key) => key.id === id).map(audited)[0] ?? null, after: audited(after) },
      })
      await events.emit(SigningTrustChanged, { namespaceId: namespace.id, namespace: namespace.name })
      policies.forgetRevocations(namespace)
      return viewKey(after)
    })
  }
}

const audited = ({ kind, fingerprint, expiresAt, revokedAt, revokedReason, compromised }: KeyRow) => ({
  ...{ kind, fingerprint, expiresAt, revokedAt, revokedReason, compromised },
})

function keyOf(keys: readonly KeyRow[], id: string): KeyRow {
  const key = uuid.test(id) ? keys.find((one) => one.id === id.toLowerCase()) : undefined
  if (!key) throw new KeyNotFound()
  return key
}

function instantOf(text: string): Date {
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.test(text)
  const at = new Date(text)
  if (!isInstant || Number.isNaN(at.getTime())) throw new KeyInvalid('an instant is written like 2026-11-21T12:00:00Z')
  return at
}

const earlier = (one: Date | null, other: Date | null): Date | null => (one && other ? (one < other ? one : other) : (one ?? other))
