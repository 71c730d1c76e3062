import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal, Scope } from '../../shared/kernel/principal.ts'
import { isLimited } from '../../shared/kernel/registry-admin.ts'
import { service } from '../../shared/kernel/service.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import { newToken, tokenHash } from './api-token.ts'
import type { Audit } from './contract.ts'
import { NotAllowed, ScopeExceeded, TokenNotFound } from './errors.ts'
import type { KnownCaller } from './known-caller.ts'
import { type Page, type PageQuery, startOf, toPage, uuidForm } from './page.ts'
import { expandScopes } from './scopes.ts'
import type { Standing } from './standing.ts'

export interface TokenRow {
  readonly id: string
  readonly name: string
  readonly scopes: Scope[]
  readonly namespaces: string[] | null
  readonly artifacts: string[] | null
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
}

export interface NewToken {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly namespaces?: readonly string[]
  readonly artifacts?: readonly string[]
  readonly expiresInDays?: number
}

export interface TokensDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly standing: Standing
}

/** API tokens of one user; the text of a token exists in the answer that creates it and nowhere else (D-21). */
export class TokensService {
  readonly #deps: TokensDeps
  constructor(deps: TokensDeps) {
    this.#deps = deps
  }

  /** Throws ScopeExceeded when it would be good for more than the credential of the caller. */
  create(owner: KnownCaller, wanted: NewToken): Promise<TokenRow & { readonly token: string }> {
    const { database, transaction, audit } = this.#deps
    const { name, scopes, namespaces = null, artifacts = null, expiresInDays = null } = wanted
    if (!isWithin(owner, wanted)) throw new ScopeExceeded()
    return transaction.run(async () => {
      const token = newToken('gati_')
      const [row] = await database.sql<TokenRow>`
        insert into tokens (id, user_id, name, hash, scopes, namespaces, artifacts, expires_at)
        select ${uuidv7()}::uuid, ${owner.userId}::uuid, ${name}, ${tokenHash(token)}::bytea, ${[...new Set(scopes)]}::text[],
          ${namespaces}::text[], ${artifacts}::text[],
          least(now() + make_interval(days => ${expiresInDays}::integer), (select expires_at from tokens where id = ${owner.grantId ?? null}::uuid))
        returning id, name, scopes, namespaces, artifacts, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"`
      if (!row) throw new TokenNotFound()
      const { scopes: granted, expiresAt } = row
      await audit.record({
        action: 'token.created',
        subject: name,
        subjectId: row.id,
        after: { scopes: granted, namespaces, artifacts, expiresAt },
      })
      return { ...row, token }
    })
  }

  async list({ userId }: KnownCaller, { limit, cursor }: PageQuery): Promise<Page<TokenRow>> {
    const after = startOf(cursor, uuidForm)
    const rows = await this.#deps.database.sql<TokenRow>`
      select id, name, scopes, namespaces, artifacts, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"
      from tokens where user_id = ${userId} and revoked_at is null and (${after}::uuid is null or id < ${after}::uuid)
      order by id desc limit ${limit + 1}`
    return toPage(rows, limit, ({ id }) => id)
  }

  /** Every token may revoke itself; another one takes scope admin and no limits. */
  revoke(owner: KnownCaller, tokenId: string): Promise<void> {
    const { database, transaction, audit, standing } = this.#deps
    if (owner.grantId !== tokenId && (!owner.scopes.has('admin') || isLimited(owner))) throw new NotAllowed()
    return transaction.run(async () => {
      const [revoked] = await database.sql<{ name: string }>`
        update tokens set revoked_at = now() where id = ${tokenId} and user_id = ${owner.userId} and revoked_at is null returning name`
      if (!revoked) throw new TokenNotFound()
      await standing.grantsRevoked(owner.userId, [tokenId])
      await audit.record({ action: 'token.revoked', subject: revoked.name, subjectId: tokenId })
    })
  }
}

function isWithin(owner: Principal, { scopes, namespaces, artifacts }: NewToken): boolean {
  // What it is good for cannot be written down in a token that lasts.
  if (owner.access !== undefined) return false
  const exceeds = [...expandScopes(scopes)].some((scope) => !owner.scopes.has(scope))
  return !exceeds && isSubset(namespaces, owner.namespaces) && isSubset(artifacts, owner.artifacts)
}

/** No list is no limit. */
const isSubset = (wanted: readonly string[] | undefined, allowed: readonly string[] | undefined): boolean =>
  allowed === undefined || (wanted?.every((name) => allowed.includes(name)) ?? false)

export const Tokens = service<TokensService>('auth.tokens')
