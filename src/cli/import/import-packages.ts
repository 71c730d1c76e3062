import semver from 'semver'
import { isTagName } from '../../shared/types/tag-name.ts'
import { Unreachable } from '../client.ts'
import { messageOf } from '../failure.ts'
import type { Progress } from '../output.ts'
import { type ImportReport, Tally } from './import-report.ts'
import { isUnauthenticated, type NpmDoor, type StoredPackage } from './npm-door.ts'
import type { Source, SourcePackage, SourceVersion } from './source-package.ts'
import { manifestOf } from './tarball-manifest.ts'
import { areSums, type Sums, sumsOfFile } from './tarball-sums.ts'

export interface ImportOptions {
  /** Of scoped packages that are new; null is up to their namespace. */
  readonly access: 'restricted' | null
  /** Downloads every tarball afterwards, where comparing what the registry tells of it would do. */
  readonly download: boolean
}

interface Job {
  readonly door: NpmDoor
  readonly tally: Tally
  readonly progress: Progress
  readonly options: ImportOptions
}

/**
 * Publishes what is missing, moves tags, deprecates, and compares every version with its source afterwards. To be called again after a failure:
 * what is there with the same bytes is left alone. Throws when the registry cannot be reached or does not know the caller.
 */
export async function importPackages(source: Source, parts: Omit<Job, 'tally'>): Promise<ImportReport> {
  const tally = new Tally(source.problems)
  const job = { ...parts, tally }
  for (const one of source.packages) {
    tally.packages += 1
    tally.lost(one.notKept)
    await attempt(job, { package: one.name }, () => importPackage(one, job))
  }
  return tally.report()
}

async function importPackage(source: SourcePackage, job: Job): Promise<void> {
  const before = await job.door.find(source.name)
  const sums = new Map<string, Sums>()
  for (const version of source.versions) {
    await attempt(job, { package: source.name, version: version.version }, async () => {
      const own = await transfer({ source, version, before }, job)
      if (own) sums.set(version.version, own)
    })
    job.progress.advance(version.sizeBytes)
  }
  if (sums.size === 0) return
  const stored = await job.door.find(source.name)
  if (!stored) throw new Error('it is not there after the import')
  await deprecate(source, stored, { ...job, sums })
  await moveTags(source, stored, { ...job, sums })
  await verify(source, { ...job, sums })
}

interface Transfer {
  readonly source: SourcePackage
  readonly version: SourceVersion
  readonly before: StoredPackage | undefined
}

/** What the version has to be, when it is in the registry now. */
async function transfer({ source, version, before }: Transfer, { door, tally, options }: Job): Promise<Sums | undefined> {
  const { tarball, sizeBytes } = version
  if (tarball === undefined) throw new Error('there is no tarball of it')
  const sums = await sumsOfFile(tarball)
  if (!areSums(sums, version)) throw new Error('its tarball is not the one that was published: the checksum differs')
  const there = before && Object.hasOwn(before.versions, version.version) ? before.versions[version.version] : undefined
  if (there) {
    if (!areSums(sums, there.dist)) throw new Error('this version is there already, with other bytes')
    tally.present += 1
    return sums
  }
  // One that the registry cannot have is told of later, alone: the version is none the worse for it.
  const own = [...source.tags].filter(([tag, target]) => target === version.version && isTagName('npm', tag)).map(([tag]) => tag)
  const tags = source.tagsOnlyRise ? [] : own
  const { name } = source
  await door.publish({
    name,
    version: version.version,
    manifest: await manifestOf(tarball),
    sums,
    tags,
    tarball,
    sizeBytes,
    access: options.access,
  })
  tally.published += 1
  tally.bytes += sizeBytes
  return sums
}

type Done = Job & { readonly sums: ReadonlyMap<string, Sums> }

async function deprecate(
  { name, versions }: SourcePackage,
  { rev, versions: stored }: StoredPackage,
  { door, tally, sums, ...job }: Done,
): Promise<void> {
  const reasons = versions.flatMap(({ version, deprecated }) =>
    deprecated !== undefined && sums.has(version) && stored[version]?.deprecated !== deprecated ? [[version, deprecated] as const] : [],
  )
  if (reasons.length === 0) return
  await attempt({ door, tally, ...job }, { package: name }, async () => {
    await door.deprecate(name, rev, new Map(reasons))
    tally.deprecated += reasons.length
  })
}

async function moveTags(
  { name, tags, tagsOnlyRise }: SourcePackage,
  { tags: stored }: StoredPackage,
  { door, tally, sums, ...job }: Done,
): Promise<void> {
  for (const [tag, version] of tags) {
    const current = Object.hasOwn(stored, tag) ? stored[tag] : undefined
    if (current === version || !sums.has(version)) continue
    if (tagsOnlyRise && current !== undefined && semver.gte(current, version)) continue
    await attempt({ door, tally, ...job }, { package: name, version }, async () => {
      await door.tag(name, tag, version)
      tally.tags += 1
    })
  }
}

async function verify({ name }: SourcePackage, { door, tally, sums, options, ...job }: Done): Promise<void> {
  const stored = await door.find(name)
  for (const [version, own] of sums) {
    await attempt({ door, tally, options, ...job }, { package: name, version }, async () => {
      const there = stored?.versions[version]
      if (!there) throw new Error('it is not there after the import')
      if (there.dist.integrity !== own.integrity) throw new Error('the registry tells another integrity than the tarball has')
      if (options.download && (await door.downloadSums(name, version)).integrity !== own.integrity)
        throw new Error('the registry serves other bytes than the tarball has')
      tally.verified += 1
    })
  }
}

/** One version that cannot be imported does not keep others from it. */
async function attempt(
  { tally }: Job,
  where: { readonly package: string; readonly version?: string },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Unreachable || isUnauthenticated(error)) throw error
    tally.problem({ ...where, reason: messageOf(error) })
  }
}
