import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { compareVersions, parseVersion } from '../../shared/types/version.ts'
import { messageOf, usage } from '../failure.ts'
import type { Source, SourcePackage, SourceProblem, SourceVersion } from './source-package.ts'

type Members = Readonly<Record<string, unknown>>
const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)
const membersOf = (value: unknown): Members => (isMembers(value) ? value : {})
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/**
 * Packages of a storage folder of Verdaccio: `<package>/package.json` with tarballs beside it. Those it only keeps copies of are left out, unless
 * `all` is set. Throws a `Failure` when the folder is none.
 */
export async function readVerdaccio(storage: string, { all }: { readonly all: boolean }): Promise<Source> {
  const published = all ? undefined : await publishedNames(storage)
  const names = (await packageNames(storage)).filter((name) => published === undefined || published.has(name))
  const packages: SourcePackage[] = []
  const problems: SourceProblem[] = []
  for (const name of names.toSorted()) {
    try {
      packages.push(await readPackage(join(storage, name), name, problems))
    } catch (error) {
      problems.push({ package: name, reason: `its package.json cannot be read: ${messageOf(error)}` })
    }
  }
  return { packages, problems }
}

/** Verdaccio's own list of what was published to it. */
async function publishedNames(storage: string): Promise<ReadonlySet<string> | undefined> {
  for (const file of ['.verdaccio-db.json', '.sinopia-db.json']) {
    const text = await readFile(join(storage, file), 'utf8').catch(() => undefined)
    const list = text === undefined ? undefined : membersOf(JSON.parse(text))['list']
    if (Array.isArray(list)) return new Set(list.map(String))
  }
  return undefined
}

async function packageNames(storage: string): Promise<string[]> {
  const folders = async (path: string) =>
    (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
  const top = await folders(storage).catch((error: unknown) => {
    throw usage(messageOf(error))
  })
  const nested = top.map(async (name) =>
    name.startsWith('@') ? (await folders(join(storage, name))).map((inner) => `${name}/${inner}`) : [name],
  )
  const names = (await Promise.all(nested)).flat()
  const known = await Promise.all(
    names.map((name) =>
      stat(join(storage, name, 'package.json')).then(
        (found) => found.isFile(),
        () => false,
      ),
    ),
  )
  return names.filter((_, index) => known[index])
}

async function readPackage(folder: string, name: string, problems: SourceProblem[]): Promise<SourcePackage> {
  const document: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  if (!isMembers(document)) throw new Error('it is no JSON object')
  const times = membersOf(document['time'])
  const found: { version: SourceVersion; time: string }[] = []
  for (const [version, manifest] of Object.entries(membersOf(document['versions']))) {
    if (parseVersion(version) === undefined)
      problems.push({ package: name, version, reason: 'this is no version as semver.org defines it' })
    else found.push({ version: await readVersion(folder, version, membersOf(manifest)), time: textOf(times[version]) ?? '' })
  }
  found.sort((left, right) => left.time.localeCompare(right.time) || compareVersions(left.version.version, right.version.version))
  const tags = Object.entries(membersOf(document['dist-tags'])).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return {
    name,
    versions: found.map(({ version }) => version),
    tags: new Map(tags),
    tagsOnlyRise: false,
    notKept: { 'publication time': found.filter(({ time }) => time !== '').length, star: Object.keys(membersOf(document['users'])).length },
  }
}

async function readVersion(folder: string, version: string, manifest: Members): Promise<SourceVersion> {
  const dist = membersOf(manifest['dist'])
  // The last segment alone: what a document says must not lead out of the folder.
  const named = basename(decodeURIComponent(textOf(dist['tarball'])?.split(/[?#]/)[0] ?? ''))
  const candidates = [named, `${basename(folder)}-${version}.tgz`].filter((file) => file.endsWith('.tgz'))
  const base = { version, deprecated: textOf(manifest['deprecated']), shasum: textOf(dist['shasum']), integrity: textOf(dist['integrity']) }
  for (const file of candidates) {
    const tarball = join(folder, file)
    const found = await stat(tarball).catch(() => undefined)
    if (found?.isFile()) return { ...base, tarball, sizeBytes: found.size }
  }
  return { ...base, tarball: undefined, sizeBytes: 0 }
}
