import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isLimited } from '../../shared/kernel/registry-admin.ts'
import { service } from '../../shared/kernel/service.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import { uuidForm, uuidv7 } from '../../shared/types/uuidv7.ts'
import { isToken, newToken, tokenHash } from './api-token.ts'
import type { Audit } from './contract.ts'
import { NotAllowed, ScopeExceeded, TokenNotFound } from './errors.ts'
import { knownCaller } from './known-caller.ts'
import type { ApiToken, ApiTokens, NewApiToken } from './logins.contract.ts'
import { actAs } from './logins.service.ts'
import { type PageQuery, startOf } from './page.ts'
import { expandScopes } from './scopes.ts'
import type { Standing } from './standing.ts'

export interface TokensDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly standing: Standing
  readonly loginDays: number
}

const hintLength = 9
const keyForm = /^[0-9a-f]{64}$/

/** API tokens of one user; the text of a token exists in the answer that creates it and nowhere else (D-21). */
export class TokensService implements ApiTokens {
  readonly #deps: TokensDeps
  constructor(deps: TokensDeps) {
    this.#deps = deps
  }

  async create(principal: Principal, wanted: NewApiToken): Promise<ApiToken & { readonly token: string }> {
    const { database, transaction, audit } = this.#deps
    const owner = knownCaller(principal)
    const { name, scopes, namespaces = null, artifacts = null, bypassesSecondFactor = false, expiresInDays = null } = wanted
    if (!isWithin(owner, wanted)) throw new ScopeExceeded()
    const networks = await this.#networksFor(owner, wanted)
    return transaction.run(async () => {
      const token = newToken('gati_')
      const [row] = await database.sql<ApiToken>`
        insert into tokens (id, user_id, name, hash, hint, scopes, namespaces, artifacts, networks, bypasses_second_factor, expires_at)
        select ${uuidv7()}::uuid, ${owner.userId}::uuid, ${name}, ${tokenHash(token)}::bytea, ${token.slice(0, hintLength)},
          ${[...new Set(scopes)]}::text[], ${namespaces}::text[], ${artifacts}::text[], ${networks}::text[], ${bypassesSecondFactor}::boolean,
          least(now() + make_interval(days => ${expiresInDays}::integer), (select expires_at from tokens where id = ${owner.grantId ?? null}::uuid))
        returning id, encode(hash, 'hex') as key, hint, name, scopes, namespaces, artifacts, networks,
          bypasses_second_factor as "bypassesSecondFactor", created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"`
      if (!row) throw new TokenNotFound()
      const limits = { namespaces, artifacts, ...(networks && { networks }), ...(bypassesSecondFactor && { bypassesSecondFactor }) }
      await audit.record({
        action: 'token.created',
        subject: name,
        subjectId: row.id,
        after: { scopes: row.scopes, ...limits, expiresAt: row.expiresAt },
      })
      return { ...row, token }
    })
  }

  async createForLogin(owner: Principal, name: string): Promise<string> {
    const { scopes, namespaces, artifacts } = owner
    const limits = { ...(namespaces && { namespaces }), ...(artifacts && { artifacts }) }
    const { token } = await this.create(owner, { name, scopes: [...scopes], ...limits, expiresInDays: this.#deps.loginDays })
    return token
  }

  async list(principal: Principal, { limit, cursor }: PageQuery): Promise<Page<ApiToken>> {
    const { userId } = knownCaller(principal)
    const after = startOf(cursor, uuidForm)
    const rows = await this.#deps.database.sql<ApiToken>`
      select id, encode(hash, 'hex') as key, hint, name, scopes, namespaces, artifacts, networks, bypasses_second_factor as "bypassesSecondFactor",
        created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"
      from tokens where user_id = ${userId} and revoked_at is null and (${after}::uuid is null or id < ${after}::uuid)
      order by id desc limit ${limit + 1}`
    return pageOf(rows, limit, ({ id }) => [id])
  }

  async revoke(principal: Principal, idOrKey: string): Promise<void> {
    const owner = knownCaller(principal)
    const tokenId = keyForm.test(idOrKey) ? await this.#idOf(owner.userId, Buffer.from(idOrKey, 'hex')) : idOrKey
    if (owner.grantId !== tokenId && (!owner.scopes.has('admin') || isLimited(owner))) throw new NotAllowed()
    if (tokenId === undefined || !uuidForm.test(tokenId)) throw new TokenNotFound()
    if (!(await this.#end(owner.userId, tokenId))) throw new TokenNotFound()
  }

  async revokeText(token: string): Promise<void> {
    if (!isToken(token, 'gati_')) return
    const [found] = await this.#deps.database.sql<{ id: string; userId: string; username: string }>`
      select tokens.id, user_id as "userId", accounts.name as username from tokens join accounts on accounts.id = user_id
      where hash = ${tokenHash(token)} and revoked_at is null`
    if (!found) return
    actAs(found.username)
    await this.#end(found.userId, found.id)
  }

  /** False when it is over already. */
  #end(userId: string, tokenId: string): Promise<boolean> {
    const { database, transaction, audit, standing } = this.#deps
    return transaction.run(async () => {
      const [revoked] = await database.sql<{ name: string }>`
        update tokens set revoked_at = now() where id = ${tokenId} and user_id = ${userId} and revoked_at is null returning name`
      if (!revoked) return false
      await standing.grantsRevoked(userId, [tokenId])
      await audit.record({ action: 'token.revoked', subject: revoked.name, subjectId: tokenId })
      return true
    })
  }

  async #idOf(userId: string, hash: Buffer): Promise<string | undefined> {
    const [found] = await this.#deps.database.sql<{ id: string }>`select id from tokens where hash = ${hash} and user_id = ${userId}`
    return found?.id
  }

  /** Those of the token that creates it, or some of them. */
  async #networksFor({ grantId }: Principal, { networks }: NewApiToken): Promise<readonly string[] | null> {
    const own = grantId === undefined ? undefined : (await this.#deps.standing.grant(grantId))?.networks
    if (!own) return networks ?? null
    if (networks?.some((network) => !own.includes(network))) throw new ScopeExceeded()
    return networks ?? own
  }
}

function isWithin(owner: Principal, { scopes, namespaces, artifacts }: NewApiToken): boolean {
  // What it is good for cannot be written down in a token that lasts.
  if (owner.access !== undefined || owner.stagesOnly) return false
  const exceeds = [...expandScopes(scopes)].some((scope) => !owner.scopes.has(scope))
  return !exceeds && isSubset(namespaces, owner.namespaces) && isSubset(artifacts, owner.artifacts)
}

/** No list is no limit. */
const isSubset = (wanted: readonly string[] | undefined, allowed: readonly string[] | undefined): boolean =>
  allowed === undefined || (wanted?.every((name) => allowed.includes(name)) ?? false)

export const Tokens = service<TokensService>('auth.tokens')
