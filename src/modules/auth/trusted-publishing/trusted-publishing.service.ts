import { isDomainError } from '../../../shared/errors/domain-error.ts'
import { unlessRefused } from '../../../shared/errors/unless.ts'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import { uuidv7 } from '../../../shared/types/uuidv7.ts'
import { newToken, tokenHash } from '../api-token.ts'
import type { Audit } from '../contract.ts'
import { actAs } from '../logins.service.ts'
import { expandScopes } from '../scopes.ts'
import type { Standing } from '../standing.ts'
import type { ExchangedToken, PackageName, TrustedPublishing } from '../trusted-publishing.contract.ts'
import { lastingIdOf, mismatchOf, originOf } from './claims.ts'
import { IdTokenReplayed, NoTrustedPublisher } from './errors.ts'
import { type IdTokens, leewaySeconds, type VerifiedIdToken } from './id-tokens.ts'
import type { PublisherRow, Publishers } from './publishers.service.ts'

/** D-21 */
const tokenMinutes = 15

export interface TrustedPublishingDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly standing: Standing
  readonly log: Logger
  readonly publishers: Publishers
  readonly idTokens: IdTokens
}

type Check = Parameters<TrustedPublishing['exchange']>[2]

interface Match {
  readonly publisher: PublisherRow
  readonly idToken: VerifiedIdToken
  readonly wanted: PackageName
}

export class TrustedPublishingService implements TrustedPublishing {
  readonly #deps: TrustedPublishingDeps
  readonly list: TrustedPublishing['list']
  readonly add: TrustedPublishing['add']
  readonly remove: TrustedPublishing['remove']

  constructor(deps: TrustedPublishingDeps) {
    const { publishers } = deps
    this.#deps = deps
    this.list = publishers.list.bind(publishers)
    this.add = publishers.add.bind(publishers)
    this.remove = publishers.remove.bind(publishers)
  }

  async exchange(idToken: string, wanted: PackageName, check: Check): Promise<ExchangedToken> {
    try {
      const verified = await this.#deps.idTokens.verify(idToken)
      const publisher = await this.#choose(verified, wanted, check)
      return await this.#issue({ publisher, idToken: verified, wanted })
    } catch (error) {
      this.#explain(error, wanted)
      throw error
    }
  }

  /** Expired ones: ids of used tokens, and tokens that were given for them. */
  async dropExpired(batch: number): Promise<number> {
    const { database } = this.#deps
    const ids = await database.sql`
      delete from used_id_tokens where ctid in (select ctid from used_id_tokens where expires_at < now() limit ${batch}) returning 1`
    const tokens = await database.sql`
      delete from tokens where id in (
        select id from tokens where trusted_publisher_id is not null and expires_at < now() - interval '1 hour' limit ${batch}) returning 1`
    return Math.max(ids.length, tokens.length)
  }

  /** The first that the token matches and whose user may publish. */
  async #choose(idToken: VerifiedIdToken, wanted: PackageName, check: Check): Promise<PublisherRow> {
    const { issuer, claims } = idToken
    const rows = (await this.#deps.publishers.rows(wanted)).filter((row) => row.issuer === issuer.issuer && row.type === issuer.type)
    const compared = rows.map((row) => ({ row, mismatch: mismatchOf(row, claims) }))
    // One that may publish is good for staging as well.
    const matching = compared
      .flatMap(({ row, mismatch }) => (mismatch ? [] : [row]))
      .sort((a, b) => Number(mayPublish(b)) - Number(mayPublish(a)))
    for (const row of matching) if (await this.#isAllowed(row, wanted, check)) return row
    const origin = originOf(claims)
    if (matching.length > 0)
      throw new NoTrustedPublisher(
        `${matching[0]?.createdBy}, who set up the trusted publisher for ${origin}, may not publish this package`,
        [],
      )
    const mismatches = compared.flatMap(({ mismatch }) => mismatch ?? [])
    const nearest = mismatches.find(({ isNear }) => isNear)
    throw new NoTrustedPublisher(
      nearest ? `no trusted publisher of this package matches: ${nearest.reason}` : `this package has no trusted publisher for ${origin}`,
      mismatches.map(({ reason }) => reason),
    )
  }

  /** Throws what is wrong beside rights: a quota, a name nobody can have. */
  async #isAllowed({ ownerId }: PublisherRow, wanted: PackageName, check: Check): Promise<boolean> {
    const user = await this.#deps.standing.user(ownerId)
    if (!user) return false
    const { id, username, isAdmin } = user
    const principal: Principal = { userId: id, username, isAdmin, scopes: expandScopes(['publish']), artifacts: [pathOf(wanted)] }
    const passed = await unlessRefused(async () => {
      await check(principal)
      return true
    })
    return passed === true
  }

  #issue({ publisher, idToken, wanted }: Match): Promise<ExchangedToken> {
    const { database, transaction, audit } = this.#deps
    const { claims } = idToken
    actAs(publisher.createdBy)
    return transaction.run(async () => {
      await this.#useUp({ publisher, idToken, wanted })
      const token = newToken('gati_')
      const tokenId = uuidv7()
      const name = `trusted publishing: ${originOf(claims)}`.slice(0, 200)
      // It cannot ask anybody for a code: the second factor was asked for when the publisher was set up.
      const [row] = await database.sql<Omit<ExchangedToken, 'token'>>`
        insert into tokens (id, user_id, name, hash, hint, scopes, artifacts, bypasses_second_factor, stages_only, expires_at, trusted_publisher_id)
        values (${tokenId}, ${publisher.ownerId}, ${name}, ${tokenHash(token)}, ${token.slice(0, 9)}, ${['publish']}::text[],
          ${[pathOf(wanted)]}::text[], true, ${!mayPublish(publisher)}::boolean, now() + make_interval(mins => ${tokenMinutes}::integer), ${publisher.id})
        returning created_at as "createdAt", expires_at as "expiresAt"`
      if (!row) throw new Error('the token was not written')
      const { type, issuer } = publisher
      const after = { type, issuer, oidcSubject: printable(claims.sub), origin: originOf(claims), tokenId, expiresAt: row.expiresAt }
      await audit.record({
        ...{ action: 'trusted_publisher.used', subject: pathOf(wanted), subjectId: publisher.id, namespace: wanted.namespace, after },
      })
      return { token, ...row }
    })
  }

  /**
   * An id token is good once (D-21). GitHub gives a workflow as many as it asks for; the others give a job one, which then is good once for every
   * package that trusts the job.
   */
  async #useUp({ publisher, idToken, wanted }: Match): Promise<void> {
    const { database } = this.#deps
    const { issuer, claims, tokenId } = idToken
    const usedFor = issuer.type === 'github' ? '' : pathOf(wanted)
    const [first] = await database.sql`
      insert into used_id_tokens (issuer, token_id, used_for, expires_at)
      values (${issuer.issuer}, ${tokenId}, ${usedFor}, to_timestamp(${claims.exp + 2 * leewaySeconds})) on conflict do nothing returning 1`
    if (!first) throw new IdTokenReplayed()
    await database.sql`
      update trusted_publishers set last_used_at = now(), pinned = coalesce(pinned, ${lastingIdOf(issuer.type, claims)}::text)
      where id = ${publisher.id}`
  }

  #explain(error: unknown, { namespace, name }: PackageName): void {
    if (!isDomainError(error)) return
    const reasons = error instanceof NoTrustedPublisher ? error.reasons : []
    this.#deps.log.info(
      { package: `${namespace}/${name}`, code: error.code, reason: error.message, reasons },
      'trusted publishing was refused',
    )
  }
}

const mayPublish = ({ permissions }: PublisherRow): boolean => permissions.includes('createPackage')

const pathOf = ({ namespace, name }: PackageName): string => `${namespace}/${name}`

/** Tables take no NUL. */
const printable = (text: string): string => text.replaceAll('\0', '').slice(0, 500)

export const TrustedPublishingUpkeep = service<TrustedPublishingService>('auth.trusted_publishing_upkeep')
