/** The parts of a package.json that decide what runs. Read from a hostile file: whatever has another type is left out. */
export interface PackageManifest {
  readonly name: string
  readonly version: string
  /** What npm runs when somebody installs the package, in its order. */
  readonly installScripts: readonly (readonly [name: string, command: string])[]
  readonly scripts: ReadonlyMap<string, string>
  /** Paths that other code starts from. */
  readonly entries: readonly string[]
  readonly dependencies: readonly (readonly [name: string, spec: string])[]
  /** Whether it says that it is made for certain machines, or is built on them. */
  readonly isNative: boolean
}

const installNames = ['preinstall', 'install', 'postinstall']
const maxEntries = 200

export function packageManifest(text: string): PackageManifest | undefined {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
  if (!isRecord(json)) return undefined
  const scripts = strings(json['scripts'])
  const dependencies = ['dependencies', 'optionalDependencies'].flatMap((key) => [...strings(json[key])])
  return {
    name: typeof json['name'] === 'string' ? json['name'] : '',
    version: typeof json['version'] === 'string' ? json['version'] : '',
    installScripts: installNames.flatMap((name) => {
      const command = scripts.get(name)
      return command === undefined ? [] : [[name, command] as const]
    }),
    scripts,
    entries: [...leaves(json['main']), ...leaves(json['module']), ...leaves(json['bin']), ...exported(json['exports'])].slice(
      0,
      maxEntries,
    ),
    dependencies,
    isNative:
      ['os', 'cpu', 'libc', 'binary', 'gypfile'].some((key) => key in json) || dependencies.some(([name]) => nativeTools.test(name)),
  }
}

/** Of a name that an archive has twice one unpacker keeps the first and another the last, so what either says counts. */
export function together(one: PackageManifest | undefined, other: PackageManifest | undefined): PackageManifest | undefined {
  if (!one || !other) return one ?? other
  return {
    ...other,
    installScripts: [...one.installScripts, ...other.installScripts].slice(0, maxEntries),
    scripts: new Map([...one.scripts, ...other.scripts]),
    entries: [...one.entries, ...other.entries].slice(0, maxEntries),
    dependencies: [...one.dependencies, ...other.dependencies],
    isNative: one.isNative && other.isNative,
  }
}

const nativeTools =
  /^(?:node-gyp-build|node-gyp-build-optional-packages|prebuild-install|node-pre-gyp|@mapbox\/node-pre-gyp|bindings|node-addon-api|nan|cmake-js|napi-postinstall)$/

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function strings(value: unknown): Map<string, string> {
  if (!isRecord(value)) return new Map()
  return new Map(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}

/** What is for readers, style sheets and the like is there to be fetched by name; only as the package itself would anything run it. */
const assets = /\.(?:d\.[cm]?ts|css|s[ac]ss|less|map|mdx?|txt|html?|svg|ya?ml|xml|csv)$/i

function exported(value: unknown): string[] {
  if (!isRecord(value)) return leaves(value)
  return Object.entries(value).flatMap(([name, inner]) => {
    const files = leaves(isRecord(inner) ? withoutTypes(inner) : inner)
    return name.startsWith('./') ? files.filter((file) => !assets.test(file)) : files
  })
}

/** Declarations are never loaded, whatever is in them. */
const withoutTypes = (conditions: Readonly<Record<string, unknown>>, depth = 0): object =>
  Object.fromEntries(
    Object.entries(conditions)
      .filter(([name]) => name !== 'types' && !name.startsWith('types@'))
      .map(([name, inner]) => [name, isRecord(inner) && depth < 6 ? withoutTypes(inner, depth + 1) : inner]),
  )

/** Every string in it, conditions and lists included. */
function leaves(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || depth > 6) return []
  return Object.values(value)
    .flatMap((inner) => leaves(inner, depth + 1))
    .slice(0, maxEntries)
}
