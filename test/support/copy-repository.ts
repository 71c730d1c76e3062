import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './run-registry.ts'

const leftOut = new Set(['node_modules', 'dist', '.git', '.data', 'coverage'])

/** The sources as they are, with the installed packages linked: a place to change files in. */
export async function copyRepository(to: string): Promise<void> {
  await mkdir(to)
  for (const entry of await readdir(root)) if (!leftOut.has(entry)) await cp(join(root, entry), join(to, entry), { recursive: true })
  await symlink(join(root, 'node_modules'), join(to, 'node_modules'))
}
