import type { PackumentBody, PackumentEncoding } from '../../packuments/contract.ts'

interface ConditionalHeaders {
  readonly 'if-none-match'?: string | undefined
  readonly 'if-modified-since'?: string | undefined
}

/**
 * Hot. The entity tag of a 304, or undefined where the document has to be sent (RFC 9110 §13.1.2, §13.1.3): tags are compared weakly, and a date
 * counts only when there are none. The text in another encoding that the client takes is the same text.
 */
export function unchangedTag(
  headers: ConditionalHeaders,
  body: Pick<PackumentBody, 'etag' | 'revision' | 'lastModified'>,
  accepts: readonly PackumentEncoding[],
): string | undefined {
  const tags = headers['if-none-match']
  if (tags !== undefined)
    return tags === body.etag ? tags : knownTag(tags, [body.etag, ...accepts.map((encoding) => `"${body.revision}-${encoding}"`)])
  const since = headers['if-modified-since']
  if (since === undefined) return undefined
  return since === body.lastModified || Date.parse(since) >= Date.parse(body.lastModified) ? body.etag : undefined
}

function knownTag(header: string, known: readonly string[]): string | undefined {
  const named = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return named.includes('*') ? known[0] : known.find((tag) => named.includes(tag))
}
