/** What a path under `/v2/` is about, before anybody looks whether it exists. Texts are decoded and otherwise as they came. */
export type Operation =
  | { readonly kind: 'catalog' }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly repository: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly session: string }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly digest: string }

export type OperationKind = Operation['kind']
export type OperationOf<K extends OperationKind> = Extract<Operation, { readonly kind: K }>

/**
 * The path after `/v2/`, decoded once. Read from its end, because a repository may be called `tags/list` or `blobs/uploads` as well.
 * `undefined` for no route of the distribution-spec.
 */
export function parseOperation(path: string): Operation | undefined {
  if (path === '_catalog') return { kind: 'catalog' }
  const [before, last] = splitLast(path)
  const [repository, verb] = splitLast(before)
  if (verb === 'uploads') return readUpload(repository, last)
  if (repository === '' || last === '') return undefined
  if (verb === 'manifests') return { kind: 'manifest', repository, reference: last }
  // `uploads` is no digest, so beginning an upload without the slash at the end collides with nothing.
  if (verb === 'blobs') return last === 'uploads' ? { kind: 'uploads', repository } : { kind: 'blob', repository, digest: last }
  if (verb === 'referrers') return { kind: 'referrers', repository, digest: last }
  return verb === 'tags' && last === 'list' ? { kind: 'tags', repository } : undefined
}

function readUpload(before: string, last: string): Operation | undefined {
  const [repository, blobs] = splitLast(before)
  if (blobs !== 'blobs' || repository === '') return undefined
  return last === '' ? { kind: 'uploads', repository } : { kind: 'upload', repository, session: last }
}

/** Before and after the last slash. */
function splitLast(text: string): [string, string] {
  const slash = text.lastIndexOf('/')
  return slash === -1 ? ['', text] : [text.slice(0, slash), text.slice(slash + 1)]
}
