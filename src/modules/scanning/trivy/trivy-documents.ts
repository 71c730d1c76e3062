import type { ScannedComponent } from '../scanner.ts'

/** Families as trivy calls them, where `os-release` does not. */
const families: Readonly<Record<string, string>> = {
  rhel: 'redhat',
  almalinux: 'alma',
  amzn: 'amazon',
  ol: 'oracle',
  opensuse: 'opensuse-leap',
  mariner: 'cbl-mariner',
}
/** Platforms of an image have one or two between them; documents that somebody attached may name any number. */
const maxReleases = 8

/**
 * CycloneDX as trivy needs it. Of packages of a distribution it says nothing unless the document has the operating system as a component, of which
 * it takes one: so each release has a document of its own, the first one with all that belongs to no distribution.
 */
export function trivyDocuments(components: readonly ScannedComponent[]): string[] {
  const releases = new Map<string, ScannedComponent[]>()
  const others: ScannedComponent[] = []
  for (const component of new Map(components.map((each) => [each.purl, each])).values()) {
    const release = releaseOf(component.purl)
    if (release === undefined) others.push(component)
    else releases.set(release, [...(releases.get(release) ?? []), component])
  }
  const largest = [...releases].sort(([, one], [, other]) => other.length - one.length).slice(0, maxReleases)
  if (largest.length === 0) return [documentOf(others.map(listed))]
  return largest.map(([release, packages], at) =>
    documentOf([operatingSystem(release), ...packages.map(listed), ...(at === 0 ? others.map(listed) : [])]),
  )
}

const documentOf = (components: readonly object[]): string =>
  JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components })

/** Kind of package, distribution and release: trivy takes no two kinds in one document either. */
function releaseOf(purl: string): string | undefined {
  const [, type, id] = /^pkg:(deb|apk|rpm)\/([^/]+)\//.exec(purl) ?? []
  const distro = new URLSearchParams(purl.split('?')[1]).get('distro')
  return id !== undefined && distro?.startsWith(`${id}-`) ? `${type}/${id}/${distro.slice(id.length + 1)}` : undefined
}

function operatingSystem(release: string): object {
  const [, id = '', version] = release.split('/')
  return { type: 'operating-system', 'bom-ref': 'operating-system', name: Object.hasOwn(families, id) ? families[id] : id, version }
}

/** The reference is the package URL as everything here knows it. */
function listed(component: ScannedComponent): object {
  const { purl, name, version, source } = component
  const known = { type: 'library', 'bom-ref': purl, name, version }
  if (purl.startsWith('pkg:rpm/')) return { ...known, purl: rpmPurl(component) }
  const properties = source && [
    { name: 'aquasecurity:trivy:SrcName', value: source.name },
    { name: 'aquasecurity:trivy:SrcVersion', value: source.version },
  ]
  return { ...known, purl, ...(properties && { properties }) }
}

/** trivy takes the epoch of an rpm from its qualifier alone, and some advisories are about one architecture. */
function rpmPurl({ purl, platform }: ScannedComponent): string {
  const [path = '', query] = purl.split('?')
  const [, epoch] = /@(\d+)(?::|%3A)/i.exec(path) ?? []
  const qualifiers = new URLSearchParams(query)
  if (epoch !== undefined) qualifiers.set('epoch', epoch)
  qualifiers.set('arch', /arm64/.test(platform ?? '') ? 'aarch64' : 'x86_64')
  return `${path.replace(/@\d+(?::|%3A)/i, '@')}?${qualifiers}`
}
