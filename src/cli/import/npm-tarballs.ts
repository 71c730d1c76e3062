import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import semver from 'semver'
import { compareVersions, parseVersion } from '../../shared/types/version.ts'
import { messageOf, usage } from '../failure.ts'
import type { Source, SourcePackage, SourceProblem, SourceVersion } from './source-package.ts'
import { manifestOf } from './tarball-manifest.ts'

/** Packages of the tarballs in a folder and below it; what they are called says `package.json` in them. Throws a `Failure` when the folder is none. */
export async function readTarballs(folder: string): Promise<Source> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
    throw usage(messageOf(error))
  })
  const files = entries
    .filter((entry) => entry.isFile() && /\.(?:tgz|tar\.gz)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const byName = new Map<string, Map<string, SourceVersion>>()
  const problems: SourceProblem[] = []
  for (const tarball of files.toSorted()) {
    try {
      const { name, version } = await identify(tarball)
      const versions = byName.get(name) ?? new Map<string, SourceVersion>()
      byName.set(name, versions)
      if (versions.has(version))
        problems.push({ package: name, version, reason: `${tarball} is a second tarball of this version; only the first is imported` })
      else versions.set(version, await versionOf(tarball, version))
    } catch (error) {
      problems.push({ package: tarball, reason: `it cannot be imported: ${messageOf(error)}` })
    }
  }
  return { packages: [...byName].map(([name, versions]) => packageOf(name, [...versions.values()])), problems }
}

async function identify(tarball: string): Promise<{ readonly name: string; readonly version: string }> {
  const { name, version } = await manifestOf(tarball)
  if (typeof name !== 'string' || typeof version !== 'string' || parseVersion(version) === undefined)
    throw new Error('its package.json has no name, or no version as semver.org defines it')
  return { name, version }
}

async function versionOf(tarball: string, version: string): Promise<SourceVersion> {
  const { size } = await stat(tarball)
  return { version, tarball, sizeBytes: size, deprecated: undefined, shasum: undefined, integrity: undefined }
}

function packageOf(name: string, unsorted: readonly SourceVersion[]): SourcePackage {
  const versions = unsorted.toSorted((left, right) => compareVersions(left.version, right.version))
  const latest = versions.findLast(({ version }) => semver.prerelease(version) === null) ?? versions.at(-1)
  return { name, versions, tags: new Map(latest && [['latest', latest.version]]), tagsOnlyRise: true, notKept: {} }
}
