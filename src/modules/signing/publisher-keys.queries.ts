import type { Database } from '../../shared/kernel/database.ts'
import type { PublisherKeyView, SigningPolicy } from './publisher.contract.ts'
import type { KeyDescription, KeyKind } from './verification/key-kinds.ts'
import type { Trust } from './verification/trust.ts'

export interface KeyRow {
  readonly id: string
  readonly kind: KeyKind
  readonly name: string
  readonly algorithm: string
  readonly fingerprint: string
  readonly material: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly voidFrom: string | null
  readonly revokedReason: string | null
  readonly compromised: boolean
  readonly createdBy: string | null
  readonly createdAt: string
}

/** Oldest first. */
export const keysOf = (database: Database, namespaceId: string): Promise<KeyRow[]> => database.sql<KeyRow>`
  select id, kind, name, algorithm, fingerprint, material, expires_at as "expiresAt", revoked_at as "revokedAt",
    void_from as "voidFrom", revoked_reason as "revokedReason", compromised, created_by as "createdBy", created_at as "createdAt"
  from publisher_keys where namespace_id = ${namespaceId} order by id`

/** Undefined when the key was registered before. */
export async function insertKey(
  database: Database,
  key: KeyDescription & { readonly id: string; readonly namespaceId: string; readonly name: string; readonly createdBy: string | null },
): Promise<boolean> {
  const rows = await database.sql`
    insert into publisher_keys (id, namespace_id, kind, name, algorithm, fingerprint, material, expires_at, created_by)
    values (${key.id}, ${key.namespaceId}, ${key.kind}, ${key.name}, ${key.algorithm}, ${key.fingerprint}, ${key.material}, ${key.expiresAt},
      ${key.createdBy})
    on conflict on constraint publisher_keys_fingerprint do nothing returning id`
  return rows.length > 0
}

export async function policyOf(database: Database, namespaceId: string): Promise<SigningPolicy> {
  const [row] = await database.sql<{ policy: SigningPolicy }>`select policy from signing_policies where namespace_id = ${namespaceId}`
  return row?.policy ?? { identities: [], requiredPredicateTypes: [] }
}

/** Current, also within the transaction that changed it. */
export async function trustOf(database: Database, namespaceId: string): Promise<Trust> {
  const [keys, { allowedKeys, identities }] = await Promise.all([keysOf(database, namespaceId), policyOf(database, namespaceId)])
  return {
    keys: keys.map(({ id, kind, name, material, expiresAt, revokedAt, voidFrom }) => ({
      ...{ id, kind, name, material },
      expiresAt: instant(expiresAt),
      revokedAt: instant(revokedAt),
      voidFrom: instant(voidFrom),
    })),
    allowedKeys: allowedKeys ? new Set(allowedKeys) : null,
    identities,
  }
}

/** Changes with every revocation in the namespace. */
export async function revocationsOf(database: Database, namespaceId: string): Promise<string> {
  const rows = await database.sql<{ id: string; voidFrom: string }>`select id, void_from as "voidFrom" from publisher_keys
    where namespace_id = ${namespaceId} and revoked_at is not null order by id`
  return rows.map(({ id, voidFrom }) => `${id} ${voidFrom}`).join()
}

const instant = (text: string | null): Date | null => (text === null ? null : new Date(text))

export function viewKey({ material, voidFrom: _instant, ...row }: KeyRow): PublisherKeyView {
  const isOver = row.expiresAt !== null && new Date(row.expiresAt) <= new Date()
  return { ...row, publicKey: material, status: row.revokedAt !== null ? 'revoked' : isOver ? 'expired' : 'active' }
}
