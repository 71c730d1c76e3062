/** What a caller presented, not yet checked. */
export type Presented =
  | { readonly scheme: 'bearer'; readonly token: string }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }

// RFC 7235: the scheme is case-insensitive; RFC 6750 and RFC 7617 fix what follows it.
const form = /^(bearer|basic) +([A-Za-z0-9\-._~+/]+=*) *$/i
const maxLength = 8_192 + 'bearer '.length

/** Undefined when the header is malformed. Linear in its length. */
export function parseAuthorization(header: string): Presented | undefined {
  if (header.length > maxLength) return undefined
  const [, scheme, value] = form.exec(header) ?? []
  if (scheme === undefined || value === undefined) return undefined
  return scheme.toLowerCase() === 'bearer' ? { scheme: 'bearer', token: value } : parseBasic(value)
}

function parseBasic(value: string): Presented | undefined {
  const text = Buffer.from(value, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0 || text.includes('\0')) return undefined
  return { scheme: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) }
}
