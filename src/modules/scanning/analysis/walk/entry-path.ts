export interface EntryPath {
  /** Relative, without `.` and `..`; empty for the root itself. */
  readonly path: string
  readonly oddity?: 'absolute' | 'traversal' | 'too long' | 'control characters'
}

/** What an archive calls a path, as a name only: nothing is ever opened or written under it. */
export function entryPath(raw: string, maxLength: number): EntryPath {
  const cut = raw.slice(0, maxLength)
  const clean = cut.replaceAll(/\p{Cc}/gu, '\ufffd').replaceAll('\\', '/')
  const segments = clean.split('/').filter((segment) => segment !== '' && segment !== '.')
  const path = segments.filter((segment) => segment !== '..').join('/')
  const oddity = oddityOf({ raw, cut, clean, segments })
  return oddity ? { path, oddity } : { path }
}

function oddityOf({ raw, cut, clean, segments }: { raw: string; cut: string; clean: string; segments: string[] }): EntryPath['oddity'] {
  if (segments.includes('..')) return 'traversal'
  if (cut !== raw) return 'too long'
  if (clean.startsWith('/') || /^[a-z]:\//i.test(clean)) return 'absolute'
  return clean === cut.replaceAll('\\', '/') ? undefined : 'control characters'
}

/** Whether a link of this entry leaves the archive. */
export function linkEscapes(path: string, target: string): boolean {
  if (target.startsWith('/') || /^[a-z]:[\\/]/i.test(target)) return true
  let depth = path.split('/').length - 1
  for (const segment of target.split(/[\\/]/)) {
    if (segment === '..') depth -= 1
    else if (segment !== '' && segment !== '.') depth += 1
    if (depth < 0) return true
  }
  return false
}
