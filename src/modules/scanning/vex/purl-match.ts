import { PackageURL } from 'packageurl-js'

interface Identity {
  /** Type, namespace and name. */
  readonly package: string
  readonly version: string | undefined
}

const cache = new Map<string, Identity | undefined>()
const maxCached = 10_000

/** `undefined` for what is no package URL. */
export function identityOf(purl: string): Identity | undefined {
  if (cache.has(purl)) return cache.get(purl)
  if (cache.size >= maxCached) cache.clear()
  const identity = parse(purl)
  cache.set(purl, identity)
  return identity
}

function parse(purl: string): Identity | undefined {
  if (purl.length > 2_048 || !purl.startsWith('pkg:')) return undefined
  try {
    const { type, namespace, name, version } = PackageURL.fromString(purl)
    return { package: [type, namespace ?? '', name].join('/'), version: version ?? undefined }
  } catch {
    return undefined
  }
}

/** Whether a statement about `stated` is about `found`: qualifiers do not matter, and without a version every one is meant. */
export function purlMatches(stated: string, found: string): boolean {
  if (stated === found) return true
  const [one, other] = [identityOf(stated), identityOf(found)]
  return one !== undefined && one.package === other?.package && (one.version === undefined || one.version === other.version)
}
