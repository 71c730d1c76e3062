import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { uuidForm, uuidv7 } from '../../../shared/types/uuidv7.ts'
import type { Audit } from '../contract.ts'
import { knownCaller } from '../known-caller.ts'
import type { Standing } from '../standing.ts'
import type { PackageName, PublisherConfig, PublisherType, TrustedPublisher } from '../trusted-publishing.contract.ts'
import { checkClaims } from './claims.ts'
import { PublisherExists, PublisherInvalid, PublisherNotFound, TooManyPublishers } from './errors.ts'
import type { TrustedIssuer } from './settings.ts'

const maxPerPackage = 50
const maxPerUser = 1_000

export interface PublishersDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly standing: Standing
  readonly issuers: readonly TrustedIssuer[]
}

/** A publisher and what is needed to compare it with a token. */
export interface PublisherRow extends TrustedPublisher {
  readonly ownerId: string
  readonly pinned: string | null
}

type Filter = { readonly createdBy?: string | undefined }

/** Which workflows a package trusts. By name, so that the first publish of a package may come from one. */
export class Publishers {
  readonly #deps: PublishersDeps
  constructor(deps: PublishersDeps) {
    this.#deps = deps
  }

  rows({ namespace, name }: PackageName): Promise<readonly PublisherRow[]> {
    return this.#deps.database.sql<PublisherRow>`
      select p.id, type, issuer, claims, permissions, p.created_at as "createdAt", last_used_at as "lastUsedAt",
        accounts.name as "createdBy", created_by as "ownerId", pinned
      from trusted_publishers p join accounts on accounts.id = created_by
      where namespace = ${namespace} and p.name = ${name} order by p.id`
  }

  async list(of: PackageName, { createdBy }: Filter = {}): Promise<readonly TrustedPublisher[]> {
    const rows = await this.rows(of)
    return rows.filter(({ ownerId }) => createdBy === undefined || ownerId === createdBy).map(viewOf)
  }

  async add(owner: Principal, to: PackageName, configs: readonly PublisherConfig[]): Promise<readonly TrustedPublisher[]> {
    const { userId } = knownCaller(owner)
    const publishers = configs.map((config) => this.#check(config))
    return this.#deps.transaction.run(async () => {
      const ids: string[] = []
      for (const publisher of publishers) ids.push(await this.#insert(userId, to, publisher))
      await this.#checkNumbers(userId, to)
      return (await this.list(to)).filter(({ id }) => ids.includes(id))
    })
  }

  remove(
    { namespace, name }: PackageName,
    { id, createdBy }: { readonly id: string; readonly createdBy?: string | undefined },
  ): Promise<void> {
    const { database, transaction, audit, standing } = this.#deps
    if (!uuidForm.test(id)) throw new PublisherNotFound()
    return transaction.run(async () => {
      const [found] = await database.sql<{ type: string; issuer: string; claims: unknown }>`
        select type, issuer, claims from trusted_publishers
        where id = ${id} and namespace = ${namespace} and name = ${name} and (${createdBy ?? null}::uuid is null or created_by = ${createdBy ?? null}::uuid)
        for update`
      if (!found) throw new PublisherNotFound()
      const tokens = await database.sql<{ id: string; userId: string }>`
        update tokens set revoked_at = now() where trusted_publisher_id = ${id} and revoked_at is null returning id, user_id as "userId"`
      for (const token of tokens) await standing.grantsRevoked(token.userId, [token.id])
      await database.sql`delete from trusted_publishers where id = ${id}`
      await audit.record({ action: 'trusted_publisher.removed', subject: `${namespace}/${name}`, subjectId: id, namespace, before: found })
    })
  }

  #check({ type, claims, issuer, permissions = ['createPackage'] }: PublisherConfig) {
    checkClaims(type, claims)
    const trusted = this.#deps.issuers.filter((one) => one.type === type)
    const chosen = issuer === undefined ? trusted[0] : trusted.find((one) => one.issuer === issuer)
    if (!chosen) throw new PublisherInvalid(`this registry trusts no ${issuer === undefined ? '' : 'such '}issuer of type ${type}`)
    return { type, claims, issuer: chosen.issuer, permissions }
  }

  async #insert(userId: string, { namespace, name }: PackageName, publisher: NewPublisher): Promise<string> {
    const { database, audit } = this.#deps
    const { type, issuer, claims, permissions } = publisher
    const id = uuidv7()
    const [created] = await database.sql`
      insert into trusted_publishers (id, namespace, name, type, issuer, claims, permissions, created_by)
      values (${id}, ${namespace}, ${name}, ${type}, ${issuer}, ${JSON.stringify(claims)}::jsonb, ${permissions}::text[], ${userId})
      on conflict do nothing returning id`
    if (!created) throw new PublisherExists()
    await audit.record({ action: 'trusted_publisher.added', subject: `${namespace}/${name}`, subjectId: id, namespace, after: publisher })
    return id
  }

  async #checkNumbers(userId: string, { namespace, name }: PackageName): Promise<void> {
    const [row] = await this.#deps.database.sql<{ here: number; everywhere: number }>`
      select count(*) filter (where namespace = ${namespace} and name = ${name}) as here, count(*) as everywhere
      from trusted_publishers where created_by = ${userId}`
    if (row && (row.here > maxPerPackage || row.everywhere > maxPerUser)) throw new TooManyPublishers()
  }
}

interface NewPublisher {
  readonly type: PublisherType
  readonly issuer: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly permissions: readonly string[]
}

const viewOf = ({ ownerId: _ownerId, pinned: _pinned, ...publisher }: PublisherRow): TrustedPublisher => publisher
