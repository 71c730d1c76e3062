/** What the catalog says of an artifact that has something to show. */
export interface DocumentSource {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly format: string
  readonly description: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly rev: number
  readonly updatedAt: string
  /** Null for a repository that has plain tags alone. */
  readonly version: string | null
  readonly publishedBy: string | null
  readonly publishedAt: string | null
  /** Members of the version's metadata, whatever the publisher wrote there. */
  readonly about: Readonly<Record<'description' | 'keywords' | 'license' | 'homepage' | 'repository', unknown>> | null
}

/** A row of `search_documents` before its words are counted. */
export interface SearchDocument extends Omit<DocumentSource, 'format' | 'labels' | 'about'> {
  readonly keywords: readonly string[]
  readonly license: string | null
  readonly homepage: string | null
  readonly repository: string | null
  /** Found, not shown. */
  readonly more: string
}

const maxDescription = 2_000
const maxText = 1_000
const maxKeywords = 50
const maxKeyword = 100
const annotation = 'org.opencontainers.image.'

export function toDocument({ format, labels, about, ...source }: DocumentSource): SearchDocument {
  const own = textOf(about?.description)
  // A package says in each version what it is; elsewhere people describe the artifact.
  const description = format === 'npm' ? (own ?? source.description) : (source.description ?? own)
  return {
    ...source,
    description: description === null ? null : cut(description, maxDescription),
    keywords: keywordsOf(about?.keywords),
    license: short(about?.license, 'type') ?? short(labels[`${annotation}licenses`]),
    homepage: short(about?.homepage, 'url') ?? short(labels[`${annotation}url`]),
    repository: short(about?.repository, 'url') ?? short(labels[`${annotation}source`]),
    more: cut(Object.values(labels).join(' '), maxDescription),
  }
}

function keywordsOf(value: unknown): readonly string[] {
  const words = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : []
  const texts = words.filter((word): word is string => typeof word === 'string').map((word) => cut(word.trim().toLowerCase(), maxKeyword))
  return [...new Set(texts.filter((text) => text !== ''))].slice(0, maxKeywords)
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null)

/** A text, or the member that older packages put it in. */
function short(value: unknown, member?: string): string | null {
  const text = typeof value === 'object' && value !== null && member !== undefined ? (value as Record<string, unknown>)[member] : value
  const found = textOf(text)
  return found === null ? null : cut(found, maxText)
}

const cut = (text: string, length: number): string => text.slice(0, length).toWellFormed()
