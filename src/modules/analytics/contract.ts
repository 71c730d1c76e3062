import type { RawBuilder } from 'kysely'
import { service } from '../../shared/kernel/service.ts'
import type { Located } from '../metadata/contract.ts'

/** What modules tell that is worth counting. Each call takes microseconds, is synchronous and never throws: it may stand on any request path. */
export interface Collection {
  /** A search that was answered. Of one without results the text is kept, so that somebody can see what is missing. */
  searched(search: { readonly text: string; readonly total: number }): void
  /** Resolves when everything noted so far is in the database; rejects, keeping it, when it could not be written. */
  flush(): Promise<void>
}
export const Collection = service<Collection>('analytics.collection')

export interface ArtifactUsage {
  /** Installs included. */
  readonly downloads: number
  readonly installs: number
  /** Sum over days of the clients of each day: somebody who comes on two days counts twice, because nobody is known again the next day. */
  readonly clientDays: number
  /** Downloads of as many days right before. */
  readonly previousDownloads: number
}

/** What is downloaded, for modules: nothing is hidden, so what is shown of it to a caller is the caller's sight of the artifact. */
export interface Usage {
  /** The last `days` days of UTC, today included. Artifacts without a download in that time and the time before are left out. */
  of(artifactIds: readonly string[], days: number): Promise<ReadonlyMap<string, ArtifactUsage>>
  /** Downloads of each day of UTC (`2026-11-27`) from `start` to `end`, which are part of it; days without any are left out. */
  daily(
    artifactId: string,
    days: { readonly start: string; readonly end: string },
  ): Promise<readonly { readonly day: string; readonly downloads: number }[]>
  /** Downloads of each version within those days, most first; versions without any are left out. */
  versions(artifactId: string, days: number): Promise<readonly { readonly versionId: string; readonly downloads: number }[]>
  /**
   * Artifacts that clients of this one downloaded on the same day within the last 90 days, most clients first. Clients that took more than 50
   * artifacts on a day say nothing and are left out. `minClients`: as many did on one day; who comes back on another day is counted again, so that no
   * number of days makes several of one. `among`: a condition on the id it is given; what does not meet it neither counts nor takes a place.
   */
  together(
    artifactId: string,
    query: { readonly limit: number; readonly minClients: number; readonly among?: (otherId: RawBuilder<unknown>) => RawBuilder<unknown> },
  ): Promise<readonly { readonly artifactId: string; readonly clientDays: number }[]>
}
export const Usage = service<Usage>('analytics.usage')

export interface Badge {
  readonly label: string
  readonly message: string
  /** A colour name of shields, or `#rrggbb`. */
  readonly color: string
}

/** `GET /v1/badges/:namespace/:name/<kind>.svg` */
export interface Badges {
  /** In `setup`. `kind`: lower-case letters and dashes. `read` is asked for artifacts alone that the caller may see. */
  add(kind: string, read: (located: Located) => Promise<Badge>): void
}
export const Badges = service<Badges>('analytics.badges')
