import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Role, TeamPath } from './contract.ts'

export interface Held {
  /** Roles by id of the account. */
  readonly accounts: ReadonlyMap<string, Role>
  /** Roles by id of the artifact. */
  readonly artifacts: ReadonlyMap<string, Role>
}

/** Who has which rights, for lists; `Authorizer` decides. */
export interface Holders {
  /** `viaOrganizations`: also what comes from memberships and teams, which is nobody else's business. Throws UserNotFound. */
  ofUser(username: string, options: { readonly viaOrganizations: boolean }): Promise<Held>
  /** Roles by id of the artifact. Throws OrganizationNotFound and TeamNotFound, also to those who may not look into the organization. */
  ofTeam(caller: Principal, path: TeamPath): Promise<ReadonlyMap<string, Role>>
  /** Users with a right on the artifact itself, their own or a team's, with the highest role of each. */
  onArtifact(artifactId: string): Promise<ReadonlyMap<string, Role>>
}
export const Holders = service<Holders>('auth.holders')
