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
  /** Of all artifacts, when they are there in another form or not at all; a call takes some seconds and answers how many artifacts it looked at. */
  reindexDependencies(signal: AbortSignal): Promise<number>
  /** A deprecation was set or taken back. */
  deprecationChanged(versionId: string): Promise<void>
  brokenBy(change: { readonly artifactId: string; readonly from: string; readonly to: string; readonly changes: number }): Promise<void>
}
export const Followers = service<Followers>('timescape.followers')
