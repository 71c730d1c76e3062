import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import { accountName } from './account-names.ts'
import type { Account, Audit, Teams as Contract, TeamPath } from './contract.ts'
import { MemberNotFound, NotAMember, TeamNotFound, TeamTaken, UserNotFound } from './errors.ts'
import type { OrganizationsService } from './organizations.service.ts'
import { nameForm, type PageQuery, startOf } from './page.ts'
import type { RightsCache } from './rights-cache.ts'

export interface TeamRow {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly createdAt: string
}
export interface TeamDetail extends TeamRow {
  readonly members: string[]
}

export interface TeamsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly organizations: OrganizationsService
  readonly rights: RightsCache
}

/** Groups of members of an organization; visible to its members, changed by its admins. */
export class TeamsService implements Contract {
  readonly #deps: TeamsDeps
  constructor(deps: TeamsDeps) {
    this.#deps = deps
  }

  async create(caller: Principal, { org, team }: TeamPath, description: string): Promise<TeamRow> {
    const { database, transaction, audit, organizations } = this.#deps
    const organization = await organizations.enter(caller, 'manage', org)
    const name = accountName(team)
    return transaction.run(async () => {
      const [row] = await database.sql<TeamRow>`
        insert into teams (id, account_id, name, description) values (${uuidv7()}, ${organization.id}, ${name}, ${description})
        on conflict do nothing returning id, name, description, created_at as "createdAt"`
      if (!row) throw new TeamTaken()
      await audit.record({ action: 'team.created', ...subjectOf(organization, row), after: { description } })
      return row
    })
  }

  async list(caller: Principal, org: string, { limit, cursor }: PageQuery): Promise<Page<TeamRow>> {
    const organization = await this.#deps.organizations.enter(caller, 'read', org)
    const after = startOf(cursor, nameForm) ?? ''
    const rows = await this.#deps.database.sql<TeamRow>`
      select id, name, description, created_at as "createdAt" from teams
      where account_id = ${organization.id} and name > ${after} order by name limit ${limit + 1}`
    return pageOf(rows, limit, ({ name }) => [name])
  }

  async names(caller: Principal, org: string): Promise<string[]> {
    const organization = await this.#deps.organizations.enter(caller, 'read', org)
    const rows = await this.#deps.database.sql<{ name: string }>`
      select name from teams where account_id = ${organization.id} order by name`
    return rows.map(({ name }) => name)
  }

  async find(caller: Principal, { org, team }: TeamPath): Promise<TeamDetail> {
    const organization = await this.#deps.organizations.enter(caller, 'read', org)
    const row = await this.#row(organization, team)
    const members = await this.#deps.database.sql<{ name: string }>`
      select name from team_members join accounts on accounts.id = user_id where team_id = ${row.id} order by name`
    return { ...row, members: members.map(({ name }) => name) }
  }

  async describe(caller: Principal, { org, team }: TeamPath, description: string): Promise<TeamRow> {
    const { database, transaction, audit, organizations } = this.#deps
    const organization = await organizations.enter(caller, 'manage', org)
    return transaction.run(async () => {
      const before = await this.#row(organization, team)
      await database.sql`update teams set description = ${description} where id = ${before.id}`
      const change = { before: { description: before.description }, after: { description } }
      await audit.record({ action: 'team.updated', ...subjectOf(organization, before), ...change })
      return { ...before, description }
    })
  }

  /** With all the grants it holds. */
  async remove(caller: Principal, { org, team }: TeamPath): Promise<void> {
    const { database, transaction, audit, organizations, rights } = this.#deps
    const organization = await organizations.enter(caller, 'manage', org)
    await transaction.run(async () => {
      const row = await this.#row(organization, team)
      const members = await database.sql<{ id: string }>`select user_id as id from team_members where team_id = ${row.id}`
      await database.sql`delete from teams where id = ${row.id}`
      await rights.changed(
        members.map(({ id }) => id),
        { accountId: organization.id },
      )
      await audit.record({ action: 'team.deleted', ...subjectOf(organization, row) })
    })
  }

  /** Throws NotAMember for somebody who is not in the organization. */
  async addMember(caller: Principal, path: TeamPath, username: string): Promise<void> {
    const { database, transaction, audit, organizations, rights } = this.#deps
    const organization = await organizations.enter(caller, 'manage', path.org)
    await transaction.run(async () => {
      const row = await this.#row(organization, path.team)
      const userId = await this.#member(organization, username)
      const [added] = await database.sql<{ user_id: string }>`
        insert into team_members (team_id, user_id) values (${row.id}, ${userId}) on conflict do nothing returning user_id`
      if (!added) return
      await rights.changed([userId], { accountId: organization.id })
      await audit.record({ action: 'team.member_added', ...subjectOf(organization, row), after: { username } })
    })
  }

  async removeMember(caller: Principal, path: TeamPath, username: string): Promise<void> {
    const { database, transaction, audit, organizations, rights } = this.#deps
    const organization = await organizations.enter(caller, 'manage', path.org)
    await transaction.run(async () => {
      const row = await this.#row(organization, path.team)
      const [removed] = await database.sql<{ user_id: string }>`
        delete from team_members where team_id = ${row.id} and user_id = (select id from accounts where name = ${username}) returning user_id`
      if (!removed) throw new MemberNotFound()
      await rights.changed([removed.user_id], { accountId: organization.id })
      await audit.record({ action: 'team.member_removed', ...subjectOf(organization, row), before: { username } })
    })
  }

  async #row({ id }: Account, team: string): Promise<TeamRow> {
    const [row] = await this.#deps.database.sql<TeamRow>`
      select id, name, description, created_at as "createdAt" from teams where account_id = ${id} and name = ${team}`
    if (!row) throw new TeamNotFound()
    return row
  }

  /** Locks the membership, so that it cannot end between the check and the use. */
  async #member({ id }: Account, username: string): Promise<string> {
    const { database } = this.#deps
    const [user] = await database.sql<{
      id: string
    }>`select id from users join accounts using (id) where name = ${username} and state <> 'deleted'`
    if (!user) throw new UserNotFound()
    const [member] = await database.sql<{ user_id: string }>`
      select user_id from account_members where account_id = ${id} and user_id = ${user.id} for share`
    if (!member) throw new NotAMember()
    return user.id
  }
}

const subjectOf = ({ name }: Account, team: TeamRow) => ({ subject: `${name}/${team.name}`, subjectId: team.id, namespace: name })

export const Teams = service<TeamsService>('auth.teams')
