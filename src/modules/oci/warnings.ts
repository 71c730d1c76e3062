/** OCI distribution-spec, "Warnings": all headers of one answer together. */
const maxBytes = 4_096
const unsafe = /[^\x20-\x7e]/g

/** Values of `Warning` headers (RFC 7234 §5.5); what would be too much is left out. */
export function warningHeaders(texts: readonly string[]): string[] {
  const headers: string[] = []
  let bytes = 0
  for (const text of texts) {
    const header = `299 - "${text.replace(unsafe, '?').replace(/["\\]/g, '\\$&')}"`
    bytes += 'warning: \r\n'.length + header.length
    if (bytes > maxBytes) break
    headers.push(header)
  }
  return headers
}
