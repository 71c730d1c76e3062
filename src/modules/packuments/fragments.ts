import type { Located, Version } from '../metadata/contract.ts'
import { installMembers, type PackageDescription, type PackageManifest } from './contract.ts'

/**
 * Stands in stored text where the URL of the registry belongs. No text of JSON holds it: a publisher who writes it gets `\u0001`, in six
 * characters.
 */
export const baseMarker = '\u0001'

/** Text of JSON objects without their closing brace, so that `deprecated` can follow. */
export interface Fragments {
  readonly full: string
  readonly abbreviated: string
  /** Members that the document of the whole package takes from its latest version. */
  readonly about: string
}

/** Of a version in a document; the rest of what publishers send in them is about other things. */
const notStored = new Set([
  'readme',
  'readmeFilename',
  'deprecated',
  'dist',
  '_id',
  '_rev',
  '_attachments',
  '_hasShrinkwrap',
  'hasInstallScript',
])

const aboutPackage = ['description', 'keywords', 'license', 'author', 'contributors', 'homepage', 'repository', 'bugs']

/** What documents say of a version, ready but for the URL of the registry and whether the version is deprecated. */
export function fragmentsOf(
  located: Pick<Located, 'artifact'>,
  version: Pick<Version, 'version'>,
  description: PackageDescription,
): Fragments {
  const { manifest, hasShrinkwrap, hasInstallScript, readme = '' } = description
  const dist = distText(tarballPath(located, version), description)
  const own = Object.entries(manifest).filter(([name]) => !notStored.has(name))
  const id = `${manifest.name}@${manifest.version}`
  const about = { ...pick(manifest, aboutPackage), readme, ...pick(manifest, ['readmeFilename']) }
  return {
    full: `{${members({ ...Object.fromEntries(own), _id: id, _hasShrinkwrap: hasShrinkwrap })},"dist":${dist}`,
    abbreviated: `{${members({
      ...pick({ ...manifest, bundleDependencies: manifest['bundleDependencies'] ?? manifest['bundledDependencies'] }, installMembers),
      _hasShrinkwrap: hasShrinkwrap,
      ...(hasInstallScript && { hasInstallScript }),
    })},"dist":${dist}`,
    about: members(about),
  }
}

/** `@acme/widget`, `left-pad`. */
export const packageName = ({ artifact: { namespace, name } }: Pick<Located, 'artifact'>): string =>
  namespace === 'library' ? name : `@${namespace}/${name}`

/** The last segment of a tarball's URL. */
export const tarballName = ({ artifact }: Pick<Located, 'artifact'>, { version }: Pick<Version, 'version'>): string =>
  `${artifact.name}-${version}.tgz`

const tarballPath = (located: Pick<Located, 'artifact'>, version: Pick<Version, 'version'>): string =>
  `/npm/${packageName(located)}/-/${tarballName(located, version)}`

function distText(path: string, { dist }: PackageDescription): string {
  const { attestations, ...plain } = dist
  const tarball = `"tarball":${atRegistry(path)}`
  if (!attestations) return `{${tarball},${members(plain)}}`
  const { url, ...proof } = attestations
  return `{${tarball},${members(plain)},"attestations":{"url":${url.startsWith('/') ? atRegistry(url) : JSON.stringify(url)},${members(proof)}}}`
}

const atRegistry = (path: string): string => `"${baseMarker}${JSON.stringify(path).slice(1)}`

/** Without the braces. */
const members = (object: object): string => JSON.stringify(object).slice(1, -1)

const pick = (manifest: Partial<PackageManifest>, names: readonly string[]): object =>
  Object.fromEntries(names.filter((name) => manifest[name] !== undefined).map((name) => [name, manifest[name]]))
