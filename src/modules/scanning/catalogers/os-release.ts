import type { Component } from '../analysis.contract.ts'

/** A release of a distribution, as OSV and package URLs name it. */
export interface Distribution {
  readonly id: string
  readonly ecosystem: string
  /** Value of the qualifier `distro`. */
  readonly distro: string | undefined
}

type Naming = (version: string) => string
const major = (version: string): string => version.split('.', 1)[0] ?? ''

// https://ossf.github.io/osv-schema/#defined-ecosystems
const namings: Readonly<Record<string, Naming>> = {
  debian: (version) => `Debian:${major(version)}`,
  // By rule, since lists of packages do not say it: April of every even year.
  ubuntu: (version) => `Ubuntu:${version}${/^\d?[02468]\.04$/.test(version) ? ':LTS' : ''}`,
  alpine: (version) => `Alpine:v${version.split('.').slice(0, 2).join('.')}`,
  alpaquita: (version) => `Alpaquita:${major(version)}`,
  wolfi: () => 'Wolfi',
  chainguard: () => 'Chainguard',
  rhel: (version) => `Red Hat:${major(version)}`,
  centos: (version) => `Red Hat:${major(version)}`,
  rocky: (version) => `Rocky Linux:${major(version)}`,
  almalinux: (version) => `AlmaLinux:${major(version)}`,
  'opensuse-leap': (version) => `openSUSE:Leap ${version}`,
  'opensuse-tumbleweed': () => 'openSUSE:Tumbleweed',
  sles: (version) => `SUSE:Linux Enterprise Server ${version.replace('.', ' SP')}`,
  fedora: (version) => `Fedora:${version}`,
  mageia: (version) => `Mageia:${version}`,
  openeuler: (version) => `openEuler:${version}`,
  azurelinux: (version) => `Azure Linux:${major(version)}`,
}

/** What the image says it is; `fallback` names the family of the package manager when it says nothing. */
export function distributionOf(
  release: ReadonlyMap<string, string>,
  fallback: { readonly id: string; readonly ecosystem: string },
): Distribution {
  const id = release.get('ID')?.toLowerCase() ?? ''
  const version = release.get('VERSION_ID') ?? ''
  if (id === '') return { ...fallback, distro: undefined }
  const name = Object.hasOwn(namings, id) ? namings[id] : undefined
  const ecosystem = name ? (version === '' ? withoutRelease(name) : name(version)) : `${id}:${version}`
  return { id, ecosystem, distro: version === '' ? id : `${id}-${version}` }
}

/** The family alone, unless it is one without releases. */
const withoutRelease = (name: Naming): string => (name('') === name('1') ? name('') : (name('').split(':', 1)[0] ?? ''))

const families = new Set(Object.values(namings).flatMap((name) => (name('') === name('1') ? [] : [withoutRelease(name)])))

/** Advisories are about releases: of packages of a family alone nothing is known. */
export const lacksRelease = (ecosystem: string): boolean => families.has(ecosystem)

const known = new Set(Object.values(namings).map((name) => name('1').split(':', 1)[0]))

/** Of a distribution that nobody here has a name for: no advisory matches its packages, unless somebody writes some that do. */
export const isOfUnknown = ({ purl, ecosystem }: Pick<Component, 'purl' | 'ecosystem'>): boolean =>
  /^pkg:(?:apk|deb|rpm)\//.test(purl) && !known.has(ecosystem.split(':', 1)[0])
