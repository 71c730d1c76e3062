import { service } from '../../shared/kernel/service.ts'
import type { Artifact, Located, Version, VersionSummary } from './contract.ts'

/** Current state by id, for modules that react to events. Nothing here asks who wants to know: what is answered to a caller has to be authorized. */
export interface Records {
  artifact(artifactId: string): Promise<Artifact | undefined>
  /** As `Catalog.locate` answers it, without a caller. */
  located(artifactId: string): Promise<Located | undefined>
  version(versionId: string): Promise<Version | undefined>
  /** In the order of semver, lowest first; of every state but `deleted`. `after` is exclusive. */
  versions(artifactId: string, page: { readonly after?: string; readonly limit: number }): Promise<readonly VersionSummary[]>
  /** Names that point to the manifest now; versions that are not deleted. */
  namesOf(artifactId: string, manifestDigest: string): Promise<{ readonly versions: readonly string[]; readonly tags: readonly string[] }>
}
export const Records = service<Records>('metadata.records')
