export type AuthChallenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string | undefined }

// RFC 9110 §11.2: auth-param.
const parameter = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi
const bearer = /(?:^|,)\s*bearer\s+(.*)$/i

/** The strongest challenge of a `WWW-Authenticate` header that this registry can answer. The scope in it is not followed: it is known better here. */
export function parseChallenge(header: string): AuthChallenge | undefined {
  const [, text] = bearer.exec(header) ?? []
  if (text === undefined) return /(?:^|,)\s*basic\b/i.test(header) ? { scheme: 'basic' } : undefined
  const values = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of text.matchAll(parameter)) {
    const key = name.toLowerCase()
    if (!values.has(key)) values.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain)
  }
  const realm = values.get('realm')
  return realm === undefined ? undefined : { scheme: 'bearer', realm, service: values.get('service') }
}
