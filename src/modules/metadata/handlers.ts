import type { Handler } from '../../shared/kernel/handler.ts'
import { applyRetentionNow } from './handlers/apply-retention-now.ts'
import { deprecateVersion } from './handlers/deprecate-version.ts'
import { findArtifact } from './handlers/find-artifact.ts'
import { findGrant } from './handlers/find-grant.ts'
import { findMember } from './handlers/find-member.ts'
import { findNamespace } from './handlers/find-namespace.ts'
import { findPublisher } from './handlers/find-publisher.ts'
import { findTag } from './handlers/find-tag.ts'
import { findVersion } from './handlers/find-version.ts'
import { listArtifacts } from './handlers/list-artifacts.ts'
import { listGrants } from './handlers/list-grants.ts'
import { listMembers } from './handlers/list-members.ts'
import { listNamespaces } from './handlers/list-namespaces.ts'
import { listTagHistory } from './handlers/list-tag-history.ts'
import { listTags } from './handlers/list-tags.ts'
import { listVersions } from './handlers/list-versions.ts'
import { moveTag } from './handlers/move-tag.ts'
import { previewRetention } from './handlers/preview-retention.ts'
import { removeGrant } from './handlers/remove-grant.ts'
import { removeMember } from './handlers/remove-member.ts'
import { removeTag } from './handlers/remove-tag.ts'
import { setGrant } from './handlers/set-grant.ts'
import { setMember } from './handlers/set-member.ts'
import { starArtifact } from './handlers/star-artifact.ts'
import { undeprecateVersion } from './handlers/undeprecate-version.ts'
import { unstarArtifact } from './handlers/unstar-artifact.ts'
import { unyankVersion } from './handlers/unyank-version.ts'
import { updateArtifact } from './handlers/update-artifact.ts'
import { updateNamespace } from './handlers/update-namespace.ts'
import { yankVersion } from './handlers/yank-version.ts'

/** Every route of the module. */
export const handlers: readonly Handler[] = [
  applyRetentionNow,
  deprecateVersion,
  findArtifact,
  findGrant,
  findMember,
  findNamespace,
  findPublisher,
  findTag,
  findVersion,
  listArtifacts,
  listGrants,
  listMembers,
  listNamespaces,
  listTagHistory,
  listTags,
  listVersions,
  moveTag,
  previewRetention,
  removeGrant,
  removeMember,
  removeTag,
  setGrant,
  setMember,
  starArtifact,
  undeprecateVersion,
  unstarArtifact,
  unyankVersion,
  updateArtifact,
  updateNamespace,
  yankVersion,
]
