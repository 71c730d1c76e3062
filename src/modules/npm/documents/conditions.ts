import type { PackumentBody, PackumentEncoding } from '../../packuments/contract.ts'

interface ConditionalHeaders {
  readonly 'if-none-match'?: string | undefined
}

/**
 * Hot. The entity tag of a 304, or undefined where the document has to be sent (RFC 9110 §13.1.2): tags are compared weakly, and the text in another
 * encoding that the client takes is the same text. A date alone never counts: within its second a document may change again.
 */
export function unchangedTag(
  headers: ConditionalHeaders,
  body: Pick<PackumentBody, 'etag' | 'revision'>,
  accepts: readonly PackumentEncoding[],
): string | undefined {
  const tags = headers['if-none-match']
  if (tags === undefined) return undefined
  return tags === body.etag ? tags : knownTag(tags, [body.etag, ...accepts.map((encoding) => `"${body.revision}-${encoding}"`)])
}

function knownTag(header: string, known: readonly string[]): string | undefined {
  const named = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return named.includes('*') ? known[0] : known.find((tag) => named.includes(tag))
}
