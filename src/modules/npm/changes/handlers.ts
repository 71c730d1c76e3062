import type { Handler } from '../../../shared/kernel/handler.ts'
import { addOwner } from './handlers/add-owner.ts'
import { changeAccess } from './handlers/change-access.ts'
import { changePackage } from './handlers/change-package.ts'
import { grantTeamPackage } from './handlers/grant-team-package.ts'
import { listCollaborators } from './handlers/list-collaborators.ts'
import { listDistTags } from './handlers/list-dist-tags.ts'
import { listOrganizationPackages } from './handlers/list-organization-packages.ts'
import { listOwnPackages } from './handlers/list-own-packages.ts'
import { listOwnStars } from './handlers/list-own-stars.ts'
import { listOwners } from './handlers/list-owners.ts'
import { listStarredByUser } from './handlers/list-starred-by-user.ts'
import { listStars, listStarsOfUtil } from './handlers/list-stars.ts'
import { listTeamPackages } from './handlers/list-team-packages.ts'
import { listUserPackages } from './handlers/list-user-packages.ts'
import { moveDistTag } from './handlers/move-dist-tag.ts'
import { removeDistTag } from './handlers/remove-dist-tag.ts'
import { removeOwner } from './handlers/remove-owner.ts'
import { revokeTeamPackage } from './handlers/revoke-team-package.ts'
import { showAccess } from './handlers/show-access.ts'
import { showVisibility } from './handlers/show-visibility.ts'
import { starNamedPackage } from './handlers/star-named-package.ts'
import { starPackage } from './handlers/star-package.ts'
import { unpublishPackage } from './handlers/unpublish-package.ts'
import { unpublishTarball } from './handlers/unpublish-tarball.ts'

export const changeHandlers: readonly Handler[] = [
  ...[listDistTags, moveDistTag, removeDistTag],
  ...[changePackage, unpublishPackage, unpublishTarball],
  ...[listOwners, addOwner, removeOwner],
  ...[changeAccess, showAccess, showVisibility, listCollaborators],
  ...[listOrganizationPackages, listUserPackages, listOwnPackages],
  ...[listTeamPackages, grantTeamPackage, revokeTeamPackage],
  ...[starPackage, starNamedPackage, listOwnStars, listStars, listStarsOfUtil, listStarredByUser],
]
