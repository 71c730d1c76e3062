import type { SearchDocument } from '../search-document.ts'

/** A document as the index keeps it: what is searched, filtered, counted and ranked by. What is shown stays in Postgres. */
export type IndexedDocument = ReturnType<typeof toIndexed>

export function toIndexed(document: SearchDocument) {
  const { artifactId, namespaceId, namespace, name, format, type, accountId, publishedBy, isPublic, verified } = document
  const { downloads, stars, quality, description, keywords, capabilities, languages, licenses, more } = document
  return {
    ...{ artifactId, namespaceId, namespace, name, format, type, accountId, publishedBy, isPublic, verified },
    ...{ downloads, stars, quality, description, keywords, capabilities, languages, licenses },
    // Whoever types `library` means none of the artifacts that everybody finds without it.
    namespaceText: namespace === 'library' ? '' : namespace,
    more: [...capabilities, more].join(' '),
    created: instant(document.createdAt),
    updated: instant(document.publishedAt ?? document.createdAt),
    gatiIntervals: document.gatiIntervals.map(({ from, until }) => (until === null ? { from } : { from, until })),
  }
}

const instant = (at: string): string => new Date(at).toISOString()
