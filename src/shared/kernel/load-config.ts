import { existsSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { RegistryConfig } from './config.ts'

const names = ['registry.config.ts', 'registry.config.js', 'registry.config.mjs']
/** The one that came with this code: beside `src`, or beside it in `dist`. */
const own = new URL(`../../../registry.config${extname(import.meta.url)}`, import.meta.url)

const packageRoot = fileURLToPath(new URL(extname(import.meta.url) === '.ts' ? '../../../' : '../../../../', import.meta.url))

/** `registry.config.*` of the working directory when that is an installation of its own, else the registry's own one. */
export function configLocation(workingDirectory: string, explicit?: string): URL {
  if (explicit !== undefined) return pathToFileURL(explicit)
  if (join(workingDirectory, '/') === packageRoot) return own
  const found = names.map((name) => join(workingDirectory, name)).find((path) => existsSync(path))
  return found === undefined ? own : pathToFileURL(found)
}

export async function loadConfig(location: URL): Promise<RegistryConfig> {
  const path = fileURLToPath(location)
  if (!existsSync(path)) throw new Error(`there is no configuration at ${path}`)
  const { default: config }: { default?: RegistryConfig } = await import(location.href).catch((error: unknown) => {
    throw new Error(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
  if (!config || !Array.isArray(config.modules) || typeof config.env !== 'object')
    throw new Error(`${path} does not default-export defineConfig({ env, modules })`)
  return config
}
