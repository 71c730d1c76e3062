import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Audit, Grant, GrantSubject, Grants, GrantTarget, Role } from './contract.ts'
import { GrantNotFound, TeamNotFound, UserNotFound } from './errors.ts'
import type { RightsCache } from './rights-cache.ts'

export interface GrantsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly rights: RightsCache
}

interface GrantRow {
  readonly kind: GrantSubject['kind']
  readonly name: string
  readonly role: Role
  readonly addedAt: string
}
/** Exactly one is not null. */
interface Holder {
  readonly userId: string | null
  readonly teamId: string | null
}

interface NewGrant {
  readonly id: string
  readonly artifactId: string
  readonly userId: string
  readonly role: Role
}

export class GrantsService implements Grants {
  readonly #deps: GrantsDeps
  constructor(deps: GrantsDeps) {
    this.#deps = deps
  }

  async list(artifactId: string): Promise<Grant[]> {
    const rows = await this.#deps.database.sql<GrantRow>`
      select 'user' as kind, name, role, grants.added_at as "addedAt"
      from grants join accounts on accounts.id = user_id where artifact_id = ${artifactId}
      union all
      select 'team', accounts.name || '/' || teams.name, role, grants.added_at
      from grants join teams on teams.id = team_id join accounts on accounts.id = account_id where artifact_id = ${artifactId}
      order by kind desc, name`
    return rows.map(({ kind, name, role, addedAt }) => ({ subject: { kind, name }, role, addedAt }))
  }

  set(target: GrantTarget, subject: GrantSubject, role: Role): Promise<Grant> {
    const { database, transaction, audit } = this.#deps
    const { artifactId } = target
    return transaction.run(async () => {
      const { userId, teamId } = await this.#holder(target, subject)
      const [before] = await database.sql<{ role: Role }>`
        select role from grants where artifact_id = ${artifactId} and (user_id = ${userId} or team_id = ${teamId}) for update`
      const [after] = await database.sql<{ addedAt: string }>`
        insert into grants (id, artifact_id, user_id, team_id, role) values (${uuidv7()}, ${artifactId}, ${userId}, ${teamId}, ${role})
        on conflict do nothing returning added_at as "addedAt"`
      const [kept] = after
        ? [after]
        : await database.sql<{ addedAt: string }>`
            update grants set role = ${role} where artifact_id = ${artifactId} and (user_id = ${userId} or team_id = ${teamId})
            returning added_at as "addedAt"`
      if (!kept) throw new GrantNotFound()
      await this.#changed(artifactId, { userId, teamId })
      await audit.record({ action: 'grant.set', ...subjectOf(target, subject), before, after: { role } })
      return { subject, role, addedAt: kept.addedAt }
    })
  }

  async give(target: GrantTarget, { userId, username }: { readonly userId: string; readonly username: string }, role: Role): Promise<void> {
    const { artifactId } = target
    await this.#deps.transaction.collect(this.#insert, { id: uuidv7(), artifactId, userId, role })
    await this.#changed(artifactId, { userId, teamId: null })
    await this.#deps.audit.record({ action: 'grant.set', ...subjectOf(target, { kind: 'user', name: username }), after: { role } })
  }

  readonly #insert = async (rows: readonly NewGrant[]): Promise<void> => {
    await this.#deps.database.sql`insert into grants (id, artifact_id, user_id, role)
      select * from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ artifactId }) => artifactId)}::uuid[],
        ${rows.map(({ userId }) => userId)}::uuid[], ${rows.map(({ role }) => role)}::text[])`
  }

  remove(target: GrantTarget, subject: GrantSubject): Promise<void> {
    const { database, transaction, audit } = this.#deps
    const { artifactId } = target
    return transaction.run(async () => {
      const { userId, teamId } = await this.#holder(target, subject)
      const [removed] = await database.sql<{ role: Role }>`
        delete from grants where artifact_id = ${artifactId} and (user_id = ${userId} or team_id = ${teamId}) returning role`
      if (!removed) throw new GrantNotFound()
      await this.#changed(artifactId, { userId, teamId })
      await audit.record({ action: 'grant.removed', ...subjectOf(target, subject), before: removed })
    })
  }

  async #holder({ artifactId, callerId }: GrantTarget, { kind, name }: GrantSubject): Promise<Holder> {
    const { database } = this.#deps
    if (kind === 'user') {
      const [user] = await database.sql<{ id: string }>`
        select id from users join accounts using (id) where name = ${name} and state <> 'deleted'`
      if (!user) throw new UserNotFound()
      return { userId: user.id, teamId: null }
    }
    const [organization = '', team = ''] = name.split('/')
    const [found] = await database.sql<{ id: string }>`
      select teams.id from teams join accounts on accounts.id = account_id where accounts.name = ${organization} and teams.name = ${team}
        and (${callerId ?? null}::uuid is null
          or exists (select 1 from account_members m where m.account_id = accounts.id and m.user_id = ${callerId ?? null})
          or exists (select 1 from grants g where g.artifact_id = ${artifactId} and g.team_id = teams.id))`
    if (!found || name !== `${organization}/${team}`) throw new TeamNotFound()
    return { userId: null, teamId: found.id }
  }

  async #changed(artifactId: string, { userId, teamId }: Holder): Promise<void> {
    const users =
      userId === null
        ? await this.#deps.database.sql<{ id: string }>`select user_id as id from team_members where team_id = ${teamId}`
        : [{ id: userId }]
    await this.#deps.rights.changed(
      users.map(({ id }) => id),
      { artifactId },
    )
  }
}

const subjectOf = ({ artifactId, namespace }: GrantTarget, { kind, name }: GrantSubject) => ({
  subject: `${kind} ${name}`,
  subjectId: artifactId,
  ...(namespace !== undefined && { namespace }),
})
