import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Account, Members, Organizations, Role } from '../../auth/contract.ts'

interface Services {
  readonly organizations: Organizations
  readonly members: Members
}

/** The organization, for somebody who may give this user that role, or take it away (`undefined`): owners are for owners to decide. */
export async function enterToChange(
  caller: Principal,
  { org, username, role }: { readonly org: string; readonly username: string; readonly role: Role | undefined },
  { organizations, members }: Services,
): Promise<Account> {
  const account = await organizations.enter(caller, 'manage', org)
  const held = (await members.find(account.id, username))?.role
  return role === 'owner' || held === 'owner' ? organizations.enter(caller, 'own', org) : account
}
