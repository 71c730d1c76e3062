import { PackageURL } from 'packageurl-js'
import type { Component } from '../analysis.contract.ts'
import { componentOf, distinct, maxComponents } from '../catalogers/component.ts'
import { distributionOf } from '../catalogers/os-release.ts'
import { isMembers, listOf, type Members, membersOf, textOf } from '../catalogers/reading.ts'
import { normalName } from '../package-names.ts'

/** Packages of a CycloneDX or SPDX document in JSON; `undefined` for any other document. */
export function readSbom(document: unknown): Component[] | undefined {
  const members = membersOf(document)
  if (textOf(members['bomFormat']) === 'CycloneDX') return distinct(cycloneComponents(members).map(fromCyclone))
  if (/^SPDX-2\./.test(textOf(members['spdxVersion']))) return distinct(listOf(members['packages']).slice(0, maxComponents).map(fromSpdx))
  return undefined
}

/** Components may hold components. */
function cycloneComponents(document: Members): Members[] {
  const found: Members[] = []
  let level: readonly unknown[] = listOf(document['components'])
  for (let depth = 0; level.length > 0 && depth < 16 && found.length < maxComponents; depth += 1) {
    const members = level.filter(isMembers).slice(0, maxComponents - found.length)
    found.push(...members)
    level = members.flatMap((component) => listOf(component['components']))
  }
  return found
}

function fromCyclone(component: Members): Component | undefined {
  const licenses = listOf(component['licenses']).map((entry) => {
    const license = membersOf(membersOf(entry)['license'])
    return textOf(membersOf(entry)['expression']) || textOf(license['id']) || textOf(license['name'])
  })
  return fromPurl(textOf(component['purl']), licenses)
}

function fromSpdx(entry: unknown): Component | undefined {
  const references = listOf(membersOf(entry)['externalRefs']).map(membersOf)
  const purl = references.find((reference) => reference['referenceType'] === 'purl')?.['referenceLocator']
  const license = textOf(membersOf(entry)['licenseDeclared'])
  return fromPurl(textOf(purl), license === 'NOASSERTION' || license === 'NONE' ? [] : [license])
}

const ecosystems: Readonly<Record<string, string>> = {
  npm: 'npm',
  pypi: 'PyPI',
  golang: 'Go',
  maven: 'Maven',
  gem: 'RubyGems',
  cargo: 'crates.io',
  composer: 'Packagist',
  nuget: 'NuGet',
  hex: 'Hex',
  pub: 'Pub',
}
const distributions: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm'])

function fromPurl(text: string, licenses: readonly string[]): Component | undefined {
  const purl = parsed(text)
  if (!purl?.version) return undefined
  const { type, namespace, name, version, qualifiers } = purl
  if (distributions.has(type))
    return fromDistribution({ type, namespace: namespace ?? '', name, version, qualifiers: qualifiers ?? {}, licenses })
  const ecosystem = Object.hasOwn(ecosystems, type) ? ecosystems[type] : undefined
  if (ecosystem === undefined) return undefined
  const separator = type === 'maven' ? ':' : '/'
  const knownAs = normalName(ecosystem, namespace ? `${namespace}${separator}${name}` : name)
  const plain = type === 'golang' ? version.replace(/^v(?=\d)/, '').replace(/\+incompatible$/, '') : version
  return componentOf({ type, namespace: namespace ?? undefined, ecosystem, name, version: plain, knownAs, path: 'sbom', licenses })
}

interface OfDistribution {
  readonly type: string
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly qualifiers: Readonly<Record<string, unknown>>
  readonly licenses: readonly string[]
}

/** `distro=debian-12` says which release it is, `upstream=openssl@3.0` which source. */
function fromDistribution({ type, namespace, name, version, qualifiers, licenses }: OfDistribution): Component | undefined {
  const [, id = namespace, release = ''] = /^([a-z-]+?)-(\d.*)$/.exec(textOf(qualifiers['distro'])) ?? []
  const { ecosystem, distro } = distributionOf(
    new Map([
      ['ID', id],
      ['VERSION_ID', release],
    ]),
    { id, ecosystem: id },
  )
  const epoch = textOf(qualifiers['epoch'])
  const full = epoch !== '' && epoch !== '0' && !version.includes(':') ? `${epoch}:${version}` : version
  const [, sourceName = name, sourceVersion = full] = /^([^@]+)(?:@(.+))?$/.exec(textOf(qualifiers['upstream'])) ?? []
  const source = { name: sourceName, version: sourceVersion }
  return componentOf({ type, namespace, ecosystem, name, version: full, path: 'sbom', licenses, source, distro })
}

function parsed(text: string): PackageURL | undefined {
  if (text === '' || text.length > 2_048) return undefined
  try {
    return PackageURL.fromString(text)
  } catch {
    return undefined
  }
}
