import { posix } from 'node:path'
import normalizeData from 'normalize-package-data'
import { PackageJsonInvalid } from '../errors.ts'

export type Members = Record<string, unknown>
export const isRecord = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What the files of a package say of it. */
export interface PackageFiles {
  readonly files: readonly string[]
  readonly readme?: { readonly text: string } | undefined
}

/** Members that a registry writes; in a `package.json` they would tell readers something that is not so. */
const foreign: ReadonlySet<string> = new Set([
  'dist',
  'deprecated',
  'readme',
  'readmeFilename',
  'maintainers',
  'hasInstallScript',
  'time',
  'users',
])
const dependencyKinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const
const short = ['license', 'licence', 'homepage', 'repository', 'repositories', 'bugs', 'author', 'directories'] as const

/**
 * A manifest as clients of npm send it, and as the registry keeps it: what `normalize-package-data` does, and what npm adds for files
 * (`@npmcli/package-json`, the steps of `prepare`). Normalizing twice changes nothing. Throws PackageJsonInvalid.
 */
export function normalizeManifest(source: Members, about: PackageFiles): Members {
  checkBounds(source)
  const data = structuredClone(source)
  for (const key of Object.keys(data)) if (key.startsWith('_') || foreign.has(key)) delete data[key]
  settleBundled(data)
  const bin = binOf(data, about.files)
  delete data['bin']
  if (about.readme) data['readme'] = about.readme.text
  try {
    normalizeData(data, undefined, false)
  } catch (error) {
    throw new PackageJsonInvalid(error instanceof Error ? error.message : 'it cannot be normalized')
  }
  delete data['readme']
  const scripts = scriptsOf(data, about.files)
  return { ...data, ...(bin && { bin }), ...(scripts && { scripts }) }
}

/** One spelling of two, and names in the place of `true`. */
function settleBundled(data: Members): void {
  const bundled = data['bundleDependencies'] ?? data['bundledDependencies']
  delete data['bundledDependencies']
  if (bundled === undefined) return
  const all = isRecord(data['dependencies']) ? Object.keys(data['dependencies']) : []
  data['bundleDependencies'] = bundled === true ? all : bundled
}

/** The library reads these with regular expressions, which are to be given no book. */
function checkBounds(source: Members): void {
  for (const kind of dependencyKinds) {
    const entries = source[kind]
    if (!isRecord(entries)) continue
    for (const [name, range] of Object.entries(entries))
      if (name.length > 512 || (typeof range === 'string' && range.length > 4_096))
        throw new PackageJsonInvalid(`${kind} has an entry that is too long`)
  }
  const long = short.find((member) => source[member] !== undefined && JSON.stringify(source[member]).length > 16_384)
  if (long !== undefined) throw new PackageJsonInvalid(`${long} is too long`)
}

/** Commands and the files they run, inside of the package whatever was written. */
function binOf({ name, bin, directories }: Members, files: readonly string[]): Record<string, string> | undefined {
  const folder = isRecord(directories) ? directories['bin'] : undefined
  if (bin === undefined && typeof folder === 'string') return fromFolder(insidePath(folder), files)
  const entries: [string, unknown][] =
    typeof bin === 'string' && typeof name === 'string'
      ? [[name, bin]]
      : Array.isArray(bin)
        ? bin.map((path: unknown) => [typeof path === 'string' ? path : '', path])
        : Object.entries(isRecord(bin) ? bin : {})
  const commands = entries.flatMap(([command, path]): [string, string][] => {
    const key = posix.basename(insidePath(command.replaceAll(':', '/')))
    return typeof path === 'string' && key !== '' && key !== '__proto__' && insidePath(path) !== '' ? [[key, insidePath(path)]] : []
  })
  return commands.length === 0 ? undefined : Object.fromEntries(commands)
}

function fromFolder(folder: string, files: readonly string[]): Record<string, string> | undefined {
  const prefix = folder === '' ? '' : `${folder}/`
  const commands = files.filter(
    (file) =>
      file.startsWith(prefix) &&
      !file
        .slice(prefix.length)
        .split('/')
        .some((part) => part.startsWith('.')),
  )
  return commands.length === 0 ? undefined : Object.fromEntries(commands.map((file) => [posix.basename(file), file]))
}

const insidePath = (path: string): string => posix.join('/', path.replaceAll('\\', '/').replace(/\/+$/, '')).slice(1)

function scriptsOf(data: Members, files: readonly string[]): Record<string, unknown> | undefined {
  const scripts = isRecord(data['scripts']) ? { ...data['scripts'] } : {}
  for (const [name, line] of Object.entries(scripts))
    if (typeof line === 'string') scripts[name] = line.replace(/^(?:\.[/\\])?node_modules[/\\]\.bin[/\\]/, '')
  const buildsNative = files.some((file) => /^[^/]+\.gyp$/.test(file)) && data['gypfile'] !== false
  if (buildsNative && !scripts['install'] && !scripts['preinstall']) {
    scripts['install'] = 'node-gyp rebuild'
    data['gypfile'] = true
  }
  if (!scripts['start'] && files.includes('server.js')) scripts['start'] = 'node server.js'
  return Object.keys(scripts).length === 0 ? undefined : scripts
}
