import { service } from '../../shared/kernel/service.ts'

/** What effects ask for. Every method is idempotent and reads what is so now. */
export interface Graphs {
  recordVersion(artifactId: string, versionId: string): Promise<void>
  recordTag(artifactId: string, tag: string): Promise<void>
  /** Edges of the artifact whose content was not looked at yet. What an abort leaves is done by the next call. */
  compareContent(artifactId: string, signal: AbortSignal): Promise<void>
  /** A slice of all artifacts, and nothing for an hour after the last slice; answers how many versions were recorded. */
  catchUp(signal: AbortSignal, onFailure?: (artifactId: string, error: unknown) => void): Promise<number>
}
export const Graphs = service<Graphs>('timescape.graphs')

/** What follows from publishes beside the graph. Every method is idempotent and reads what is so now. */
export interface Followers {
  registerTransformer(versionId: string): Promise<void>
  indexDependencies(artifactId: string): Promise<void>
  /** A deprecation was set or taken back. */
  deprecationChanged(versionId: string): Promise<void>
  brokenBy(change: { readonly artifactId: string; readonly from: string; readonly to: string; readonly changes: number }): Promise<void>
}
export const Followers = service<Followers>('timescape.followers')
