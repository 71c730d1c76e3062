import { capabilitiesOf, gatiVersionOf, keywordsOf, languagesOf, licensesOf } from './declared-facts.ts'
import { type GatiInterval, gatiIntervals } from './gati-range.ts'
import { qualityOf } from './quality.ts'
import { cut, maxText, textOf } from './shown-text.ts'

/** Members of a version's metadata, whatever the publisher wrote there; of long ones, whether they are there. */
export type About = Readonly<Record<string, unknown>>

/** What the catalog says of an artifact that has something to show. */
export interface DocumentSource {
  readonly artifactId: string
  readonly namespaceId: string
  readonly namespace: string
  readonly name: string
  readonly format: string
  readonly type: string
  readonly description: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly rev: number
  readonly updatedAt: string
  readonly createdAt: string
  /** Owner of the namespace; null for `library`. */
  readonly accountId: string | null
  /** Everybody may see it. Postgres asks the rows of artifact and namespace instead, which know at once. */
  readonly isPublic: boolean
  readonly verified: boolean
  readonly downloads: number
  readonly stars: number
  readonly versionId: string | null
  /** Null for a repository that has plain tags alone. */
  readonly version: string | null
  readonly publishedBy: string | null
  readonly publishedAt: string | null
  readonly manifestDigest: string | null
  readonly about: About | null
}

/** All there is to find an artifact by, in every driver. A row of `search_documents` before its words are counted. */
export interface SearchDocument extends Omit<DocumentSource, 'labels' | 'about' | 'manifestDigest'> {
  /** Of the last scan of the version that is shown; null before there was one. */
  readonly securityScore: number | null
  readonly keywords: readonly string[]
  readonly license: string | null
  /** SPDX identifiers in it, as they are counted and filtered by. */
  readonly licenses: readonly string[]
  readonly homepage: string | null
  readonly repository: string | null
  readonly capabilities: readonly string[]
  readonly languages: readonly string[]
  readonly gatiVersion: string | null
  /** What that range allows, as an index can compare it; empty without one. */
  readonly gatiIntervals: readonly GatiInterval[]
  /** 0 to 1; docs/search.md has the formula. */
  readonly quality: number
  /** Found, not shown. */
  readonly more: string
}

const maxDescription = 2_000
const annotation = 'org.opencontainers.image.'

export function toDocument(
  { labels, about, manifestDigest: _digest, ...source }: DocumentSource,
  securityScore: number | null = null,
): SearchDocument {
  const { format, type } = source
  const own = textOf(about?.['description'])
  // A package says in each version what it is; elsewhere people describe the artifact.
  const chosen = format === 'npm' ? (own ?? source.description) : (source.description ?? own)
  const description = chosen === null ? null : cut(chosen, maxDescription)
  const gatiVersion = gatiVersionOf(about)
  const license = short(about?.['license'], 'type') ?? short(labels[`${annotation}licenses`])
  const shown = {
    ...{ description, license },
    keywords: keywordsOf(about?.['keywords']),
    homepage: short(about?.['homepage'], 'url') ?? short(labels[`${annotation}url`]),
    repository: short(about?.['repository'], 'url') ?? short(labels[`${annotation}source`]),
  }
  return {
    ...source,
    ...shown,
    securityScore,
    licenses: licensesOf(license),
    capabilities: capabilitiesOf(about),
    languages: languagesOf(about, { format, type }),
    gatiVersion,
    gatiIntervals: gatiIntervals(gatiVersion),
    quality: qualityOf(shown, about),
    more: cut(Object.values(labels).join(' '), maxDescription),
  }
}

/** A text, or the member that older packages put it in. */
function short(value: unknown, member?: string): string | null {
  const text = typeof value === 'object' && value !== null && member !== undefined ? (value as Record<string, unknown>)[member] : value
  const found = textOf(text)
  return found === null ? null : cut(found, maxText)
}
