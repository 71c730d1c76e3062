import { readFile, rename, writeFile } from 'node:fs/promises'
import { messageOf, usage } from './failure.ts'

export interface LockedArtifact {
  readonly version: string
  readonly format?: string
  /** Of the manifest, which holds the digests of all files. */
  readonly digest: string
  /** Relative to the folder of the lock file. */
  readonly files: readonly string[]
  /** `namespace/name` to range. */
  readonly dependencies: Readonly<Record<string, string>>
}

export interface LockFile {
  readonly lockfileVersion: 1
  /** What was asked for, `namespace/name` to version, tag or range. */
  readonly wanted: Readonly<Record<string, string>>
  readonly artifacts: Readonly<Record<string, LockedArtifact>>
}

const empty: LockFile = { lockfileVersion: 1, wanted: {}, artifacts: {} }

export async function readLock(path: string): Promise<LockFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw usage(messageOf(error))
  })
  if (text === undefined) return empty
  try {
    const lock = JSON.parse(text) as LockFile
    if (lock.lockfileVersion === 1 && typeof lock.artifacts === 'object' && typeof lock.wanted === 'object') return lock
  } catch {
    throw usage(`${path} is not JSON`)
  }
  throw usage(`${path} is not a lock file this version can read`)
}

/** Sorted, so that a version control system shows what changed. */
export async function writeLock(path: string, { wanted, artifacts }: LockFile): Promise<void> {
  const sorted = <T>(entries: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)))
  const lock: LockFile = { lockfileVersion: 1, wanted: sorted(wanted), artifacts: sorted(artifacts) }
  await writeFile(`${path}.part`, `${JSON.stringify(lock, null, 2)}\n`)
  await rename(`${path}.part`, path)
}
