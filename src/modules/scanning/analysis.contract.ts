/** A package found inside an artifact. */
export interface Component {
  /** Package URL without qualifiers but those that tell the distribution apart: `pkg:deb/debian/openssl@3.0.15-1?distro=debian-12`. */
  readonly purl: string
  /** As OSV names it: `npm`, `PyPI`, `Debian:12`, `Alpine:v3.20`, `Red Hat`, `Go`, `Maven`, `RubyGems`, `crates.io`, `Packagist`. */
  readonly ecosystem: string
  readonly name: string
  readonly version: string
  /** Where it was found inside the archive. */
  readonly path: string
  readonly licenses: readonly string[]
  /** For distribution packages: the source package, which advisories name. */
  readonly source?: { readonly name: string; readonly version: string }
}

export type FindingCategory = 'malicious' | 'suspicious' | 'secret' | 'model' | 'archive'

/** What a static rule saw. */
export interface Finding {
  /** For example `npm/install-script-downloads`; `docs/scanning-rules.md` lists them. */
  readonly rule: string
  readonly category: FindingCategory
  readonly severity: 'info' | 'low' | 'moderate' | 'high' | 'critical'
  /** 0 to 1: how sure the rule is. */
  readonly confidence: number
  readonly path: string
  /** 1-based; absent where lines mean nothing. */
  readonly line?: number
  /** At most 300 characters; secrets are cut down to their first four. */
  readonly message: string
}

/** One file of an archive, read with bounds; larger ones show their beginning only. */
export interface EntryFile {
  /** Normalised, relative, `/` between segments. */
  readonly path: string
  readonly sizeBytes: number
  readonly mode: number
  /** The first bytes, at most `maxContentBytes` of the walk; the whole content when `isWhole`. */
  readonly content: Buffer
  readonly isWhole: boolean
}

/** Reads the database or manifest of a package manager. Pure; throws nothing: what cannot be read gives no components. */
export interface Cataloger {
  readonly name: string
  /** Whether it wants the file of this path. */
  wants(path: string): boolean
  /** Whether this content is worth holding until all files are known: for those that want many large files and need few. */
  keeps?(content: Buffer): boolean
  /** `files`: all the walk found that it wants, of the merged file system (later layers over earlier ones). */
  catalog(files: ReadonlyMap<string, Buffer>, context: { readonly osRelease: ReadonlyMap<string, string> }): readonly Component[]
}

/** What the findings come to, `docs/scanning-rules.md` says how. */
export interface Verdict {
  readonly level: 'clean' | 'suspicious' | 'malicious'
  /** 0 to 1, of being malicious. */
  readonly confidence: number
}

export interface AnalysisReport {
  readonly verdict: Verdict
  readonly components: readonly Component[]
  readonly findings: readonly Finding[]
  /** Content that was not looked at, and why: too deep, damaged, an unknown compression. What it is may be anything. */
  readonly gaps: readonly string[]
  /** What else the report leaves out, none of it content that no rule saw. Apart from the gaps, so that no name of a file makes one of the other. */
  readonly notes: readonly string[]
  readonly filesSeen: number
  readonly bytesSeen: number
}
