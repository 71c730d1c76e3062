import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../support/run-program.ts'
import { root } from '../support/run-registry.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

export interface Tarball {
  /** As an artifact of this registry is called. */
  readonly name: string
  readonly bytes: Buffer
}

/** Packages of this project's own dependencies as npm packs them, from 5 kB to 2 MB. */
export async function packTarballs(): Promise<readonly Tarball[]> {
  await using folder = await temporaryFolder()
  const packages = ['mitt', 'awilix', 'semver', 'pino', 'fastify', 'ajv', 'kysely', 'bullmq'].map((name) =>
    join(root, 'node_modules', name),
  )
  await runProgram(['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder.path, ...packages])
  const files = await readdir(folder.path)
  return Promise.all(
    files.sort().map(async (file) => ({ name: file.replace(/-\d.*$/, ''), bytes: await readFile(join(folder.path, file)) })),
  )
}

/** The same package with another time in its gzip header: still a tarball, no longer the same bytes. */
export function variant({ name, bytes }: Tarball, seconds: number): Tarball {
  const copy = Buffer.from(bytes)
  copy.writeUInt32LE(seconds, 4)
  return { name, bytes: copy }
}

export const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
