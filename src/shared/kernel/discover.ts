import { readdir } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isModule, type Module } from './module.ts'

/** A folder under src/modules is a module; one that does not hold a module is a mistake, never a warning. */
export async function discoverModules(folder: URL): Promise<Module[]> {
  const file = `module${extname(import.meta.url)}`
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return Promise.all(names.sort().map((name) => loadModule(name, new URL(`${name}/${file}`, folder))))
}

async function loadModule(name: string, url: URL): Promise<Module> {
  const path = fileURLToPath(url)
  const { default: found }: { default?: unknown } = await import(url.href).catch((error: unknown) => {
    throw new Error(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
  if (!isModule(found)) throw new Error(`${path} does not default-export defineModule(...)`)
  if (found.name !== name) throw new Error(`${path} calls itself ${found.name}`)
  return found
}
