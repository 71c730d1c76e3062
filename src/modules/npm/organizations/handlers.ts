import type { Handler } from '../../../shared/kernel/handler.ts'
import { addTeamMember } from './handlers/add-team-member.ts'
import { createTeam } from './handlers/create-team.ts'
import { deleteTeam } from './handlers/delete-team.ts'
import { listMembers } from './handlers/list-members.ts'
import { listTeamMembers } from './handlers/list-team-members.ts'
import { listTeams } from './handlers/list-teams.ts'
import { removeMember } from './handlers/remove-member.ts'
import { removeTeamMember } from './handlers/remove-team-member.ts'
import { setMember } from './handlers/set-member.ts'

export const organizationHandlers: readonly Handler[] = [
  ...[setMember, removeMember, listMembers],
  ...[createTeam, listTeams, deleteTeam],
  ...[addTeamMember, removeTeamMember, listTeamMembers],
]
