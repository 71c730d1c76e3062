import { service } from '../../shared/kernel/service.ts'

export type Severity = 'info' | 'low' | 'moderate' | 'high' | 'critical'

/** One advisory that concerns a package. */
export interface Advisory {
  /** Of the source, for example `GHSA-xxxx-xxxx-xxxx`. */
  readonly id: string
  /** A positive number that never changes for an advisory: clients of npm want one. */
  readonly number: number
  readonly url: string
  readonly title: string
  /** `moderate` when its source tells none. */
  readonly severity: Severity
  /** Ranges as npm writes them, for example `>=1.0.0 <1.2.3`. */
  readonly vulnerableVersions: string
  readonly patchedVersions: string | null
  readonly cwe: readonly string[]
  /** The score of the vector; 0 without one. */
  readonly cvss: { readonly score: number; readonly vectorString: string | null }
  readonly aliases: readonly string[]
  /** ISO 8601. */
  readonly publishedAt: string
  readonly modifiedAt: string
}

/** An advisory that was asked about with versions of a package. */
export interface MatchedAdvisory extends Advisory {
  /** Those of the versions asked about that it concerns; at least one. */
  readonly affectedVersions: readonly string[]
}

export interface ImportReport {
  /** The sum of all that follow. */
  readonly read: number
  readonly added: number
  readonly updated: number
  /** Taken, but withdrawn by their source: they match nothing. */
  readonly withdrawn: number
  /** Not newer than what is stored. */
  readonly skipped: number
  /** Not taken. */
  readonly failed: number
  /** Why; the first thousand. */
  readonly problems: readonly { readonly file: string; readonly reason: string }[]
}

/** A file of a source; one that could not be read is counted as well. */
export type AdvisoryDocument = { readonly file: string; readonly text: string } | { readonly file: string; readonly problem: string }

/** A larger document is refused, so nobody needs to read one. */
export const maxAdvisoryBytes = 4_194_304

/** Advisories imported from OSV documents. */
export interface Advisories {
  /** `ecosystem` as OSV names it (`npm`). Answers advisories of which any of the versions is affected, by package name. */
  matching(ecosystem: string, packages: ReadonlyMap<string, readonly string[]>): Promise<ReadonlyMap<string, readonly MatchedAdvisory[]>>
  /**
   * OSV 1.x documents; incremental: a document that is not newer than what is stored changes nothing. `onProgress` is called after every
   * batch that is stored; what is stored stays when the source fails later.
   */
  import(documents: AsyncIterable<AdvisoryDocument>, onProgress?: (soFar: ImportReport) => void): Promise<ImportReport>
}
export const Advisories = service<Advisories>('scanning.advisories')
