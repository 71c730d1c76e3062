import type { Database } from '../../shared/kernel/database.ts'
import type { Authorizer } from '../auth/contract.ts'
import type { Catalog, Located } from '../metadata/contract.ts'
import { isVisible, type VersionContent } from './visible-content.ts'

export interface ContentSightParts {
  readonly catalog: Catalog
  readonly authorizer: Authorizer
  readonly database: Database
}

/** The state of a version is no secret that its digests give away: readers get the bytes of a hidden one by no name. */
export async function mayFetch(
  { catalog, authorizer, database }: ContentSightParts,
  { artifact, caller, resource }: Located,
  content: VersionContent,
): Promise<boolean> {
  if (!(await catalog.hasHiddenVersions(artifact.id))) return true
  if (await isVisible(database, artifact.id, content)) return true
  return caller !== undefined && (await authorizer.allows(caller, 'preview', resource))
}
