import { mkdir, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type ArtifactAddress, parseAddress } from './address.ts'
import type { CommandContext } from './context.ts'
import { Failure, usage } from './failure.ts'
import { fetchFiles } from './fetch-version.ts'
import { type LockedArtifact, type LockFile, readLock, writeLock } from './lock-file.ts'
import { type Resolved, resolveAll } from './resolve.ts'

const folderName = 'gati_modules'
const lockName = 'gati-lock.json'

/** Fetches artifacts and all they depend on into `gati_modules`; without names, what the lock file holds. */
export async function install(context: CommandContext, names: readonly string[], root: string): Promise<LockFile> {
  const lockPath = join(root, lockName)
  const lock = await readLock(lockPath)
  const wanted = {
    ...lock.wanted,
    ...Object.fromEntries(names.map(parseAddress).map((address) => [idOf(address), address.version ?? 'latest'])),
  }
  if (Object.keys(wanted).length === 0) throw usage(`name what to install: there is no ${lockName} here`)
  // A name that is typed again is looked up again.
  const kept = Object.entries(lock.artifacts).filter(([id]) => !names.some((name) => idOf(parseAddress(name)) === id))
  const resolved = await resolveAll(context.client, wanted, { ...lock, artifacts: Object.fromEntries(kept) })
  const artifacts: Record<string, LockedArtifact> = {}
  for (const each of resolved) artifacts[each.id] = await installOne(context, { resolved: each, locked: lock.artifacts[each.id], root })
  const next: LockFile = { lockfileVersion: 1, wanted, artifacts }
  await writeLock(lockPath, next)
  return next
}

const idOf = ({ namespace, name }: ArtifactAddress): string => `${namespace}/${name}`

async function installOne(
  { client, output }: CommandContext,
  { resolved, locked, root }: { resolved: Resolved; locked: LockedArtifact | undefined; root: string },
): Promise<LockedArtifact> {
  const { id, found, dependencies } = resolved
  const address = parseAddress(id)
  if (locked?.version === found.version && locked.digest !== found.manifestDigest)
    throw new Failure(`${id}@${found.version} is not what ${lockName} remembers: expected ${locked.digest}, found ${found.manifestDigest}`)
  const folder = join(root, folderName, ...segmentsOf(address))
  await mkdir(folder, { recursive: true })
  const single = (title: string | undefined) => join(folder, title ?? `${segmentsOf(address).at(-1)}-${found.version}`)
  const fetched = await fetchFiles(client, output, { wanted: { address, format: undefined, found }, place: { single, folder } })
  const files = fetched.map(({ path }) => relative(root, path))
  // Of the version that was here before.
  const outdated = locked?.files.filter((file) => !files.includes(file) && file.startsWith(`${folderName}/`) && !file.includes('..')) ?? []
  for (const file of outdated) await rm(join(root, file), { force: true })
  output.note(`${id}@${found.version}`)
  return { version: found.version, digest: found.manifestDigest, files, dependencies }
}

/** The name comes from a manifest: it may not lead out of the folder. */
function segmentsOf({ namespace, name }: ArtifactAddress): string[] {
  const segments = [namespace, ...name.split('/')]
  const strange = segments.find((segment) => !/^[a-z0-9-][a-z0-9._-]*$/.test(segment))
  if (strange !== undefined) throw new Failure(`${namespace}/${name} is not the name of an artifact`)
  return segments
}
