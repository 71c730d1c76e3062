/** One version as it lies in the folder that is imported. */
export interface SourceVersion {
  readonly version: string
  /** Absent when there is none. */
  readonly tarball: string | undefined
  /** Bytes. */
  readonly sizeBytes: number
  readonly deprecated: string | undefined
  /** What its old registry says of the tarball. */
  readonly shasum: string | undefined
  readonly integrity: string | undefined
}

export interface SourcePackage {
  readonly name: string
  /** In the order in which they were published. */
  readonly versions: readonly SourceVersion[]
  readonly tags: ReadonlyMap<string, string>
  /** Tags follow versions here that are already there and higher. */
  readonly tagsOnlyRise: boolean
  /** What the registry has no place for, by what it is: how many of them there are. */
  readonly notKept: Readonly<Record<string, number>>
}

export interface SourceProblem {
  readonly package: string
  readonly version?: string
  readonly reason: string
}

export interface Source {
  readonly packages: readonly SourcePackage[]
  /** What cannot be imported at all. */
  readonly problems: readonly SourceProblem[]
}
