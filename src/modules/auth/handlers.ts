import type { Handler } from '../../shared/kernel/handler.ts'
import { addTeamMember } from './handlers/add-team-member.ts'
import { changeOrganization } from './handlers/change-organization.ts'
import { changeOwnUser } from './handlers/change-own-user.ts'
import { changeTeam } from './handlers/change-team.ts'
import { changeUserStanding } from './handlers/change-user-standing.ts'
import { createOrganization } from './handlers/create-organization.ts'
import { createTeam } from './handlers/create-team.ts'
import { createToken } from './handlers/create-token.ts'
import { deleteTeam } from './handlers/delete-team.ts'
import { deleteUser } from './handlers/delete-user.ts'
import { findOrganization } from './handlers/find-organization.ts'
import { findTeam } from './handlers/find-team.ts'
import { findUser } from './handlers/find-user.ts'
import { listAudit } from './handlers/list-audit.ts'
import { listOrganizations } from './handlers/list-organizations.ts'
import { listTeams } from './handlers/list-teams.ts'
import { listTokens } from './handlers/list-tokens.ts'
import { listUsers } from './handlers/list-users.ts'
import { logIn } from './handlers/log-in.ts'
import { logOut } from './handlers/log-out.ts'
import { refreshSession } from './handlers/refresh-session.ts'
import { registerUser } from './handlers/register-user.ts'
import { removeTeamMember } from './handlers/remove-team-member.ts'
import { resetSecondFactor } from './handlers/reset-second-factor.ts'
import { revokeToken } from './handlers/revoke-token.ts'
import { showCaller } from './handlers/show-caller.ts'
import { verifyAudit } from './handlers/verify-audit.ts'

export const handlers: readonly Handler[] = [
  addTeamMember,
  changeOrganization,
  changeOwnUser,
  changeTeam,
  changeUserStanding,
  createOrganization,
  createTeam,
  createToken,
  deleteTeam,
  deleteUser,
  findOrganization,
  findTeam,
  findUser,
  listAudit,
  listOrganizations,
  listTeams,
  listTokens,
  listUsers,
  logIn,
  logOut,
  refreshSession,
  registerUser,
  removeTeamMember,
  resetSecondFactor,
  revokeToken,
  showCaller,
  verifyAudit,
]
