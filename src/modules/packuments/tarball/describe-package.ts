import { parseJson } from '../../../shared/kernel/http-json.ts'
import { parseVersion } from '../../../shared/types/version.ts'
import type { DescribedPackage, InspectedTarball, PackageManifest, PublishExtras } from '../contract.ts'
import { PackageJsonInvalid } from '../errors.ts'
import { declaredNeeds, isStorable } from './declared-needs.ts'
import { gatiFacts } from './gati-member.ts'
import { isRecord, type Members, normalizeManifest } from './normalize-manifest.ts'

/** Throws PackageJsonInvalid. */
export function describePackage(inspected: InspectedTarball, extras: PublishExtras = {}): DescribedPackage {
  const source = readPackageJson(inspected.packageJson)
  const { type, about } = gatiFacts(source['gati'])
  const normalized = normalizeManifest(source, inspected)
  const { name, version } = normalized
  if (typeof name !== 'string' || typeof version !== 'string' || parseVersion(version) === undefined || version !== source['version'])
    throw new PackageJsonInvalid('it has no name, or no version as semver.org defines it')
  const { shasum, integrity, fileCount, unpackedSize, files, readme } = inspected
  const hasShrinkwrap = files.includes('npm-shrinkwrap.json')
  const manifest: PackageManifest = {
    ...normalized,
    ...{ name, version, _id: `${name}@${version}` },
    ...(readme && { readmeFilename: readme.name }),
    ...(hasShrinkwrap && { _hasShrinkwrap: true }),
    ...(extras.gitHead !== undefined && { gitHead: extras.gitHead }),
    ...(extras.nodeVersion !== undefined && { _nodeVersion: extras.nodeVersion }),
    ...(extras.npmVersion !== undefined && { _npmVersion: extras.npmVersion }),
    ...(extras.username !== undefined && { _npmUser: { name: extras.username } }),
  }
  return {
    description: {
      manifest,
      dist: { integrity, shasum, fileCount, unpackedSize },
      hasShrinkwrap,
      hasInstallScript: ['preinstall', 'install', 'postinstall'].some((script) => textOf(normalized['scripts'], script) !== undefined),
      ...(readme && { readme: readme.text }),
    },
    ...{ type, isPrivate: source['private'] === true },
    metadata: { ...searchable(manifest), ...shipped(manifest, inspected), ...declaredNeeds(manifest), ...about },
  }
}

function readPackageJson(content: Buffer): Members {
  const bytes = content.subarray(0, 3).toString('latin1') === '\xef\xbb\xbf' ? content.subarray(3) : content
  let value: unknown
  try {
    value = parseJson(bytes)
  } catch (error) {
    throw new PackageJsonInvalid(error instanceof Error ? error.message.replace(/^the body/, 'it') : 'it is not JSON')
  }
  if (!isRecord(value)) throw new PackageJsonInvalid('it is no object')
  return value
}

function searchable(manifest: PackageManifest): Members {
  const { name, version, description, keywords, license, homepage, repository } = manifest as PackageManifest & Members
  const texts = { description, license: licenseOf(license), homepage, repository: textOf(repository, 'url') }
  const known = Object.entries(texts).filter(([, text]) => typeof text === 'string' && text !== '')
  const words = Array.isArray(keywords) ? keywords.filter((word): word is string => typeof word === 'string') : []
  return {
    ...{ name, version },
    ...Object.fromEntries(known.map(([member, text]) => [member, String(text).slice(0, 2_000).toWellFormed()])),
    ...(words.length > 0 && { keywords: words.slice(0, 100).map((word) => word.slice(0, 100).toWellFormed()) }),
  }
}

/** Where readme and declarations of types are, for whoever asks whether it has them: those it names, else the first that is in it. */
function shipped(manifest: Members, { files, readme }: InspectedTarball): Members {
  const named = [manifest['types'], manifest['typings']].find((path) => isStorable(path) && path !== '')
  const types = named ?? files.find((path) => isDeclaration.test(path) && isStorable(path))
  return { ...(readme && readme.text.trim() !== '' && { readmeFilename: readme.name }), ...(types !== undefined && { types }) }
}
const isDeclaration = /^(?!node_modules\/).*\.d\.[cm]?ts$/

/** Old packages have `{ type, url }`. */
const licenseOf = (license: unknown): unknown => (isRecord(license) ? license['type'] : license)

function textOf(value: unknown, member: string): string | undefined {
  const found = isRecord(value) ? value[member] : undefined
  return typeof found === 'string' && found !== '' ? found : undefined
}
