import { type Members, membersOf } from '../content.ts'
import { concreteSubpaths, exportsOf, targetFor } from './exports-map.ts'
import type { PackageContent } from './read-package.ts'

const suffixes = ['', '.js', '.json', '.node', '/index.js', '/index.json', '/index.node']

/** The file a path of `main` or of an old-style import stands for. */
export function fileAt({ files }: PackageContent, path: string): string | undefined {
  const plain = path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')
  return suffixes.map((suffix) => (plain === '' ? suffix.replace(/^\//, '') : plain + suffix)).find((candidate) => files.has(candidate))
}

/** What is there to ask for: subpaths with what `exports` says of them, or the main module when there is no `exports`. */
export function subpathsOf(content: PackageContent): ReadonlyMap<string, unknown> {
  const exports = exportsOf(content.manifest)
  return exports ? concreteSubpaths(exports, content) : new Map([['.', undefined]])
}

/** The file in the package, undefined when nothing answers. */
export function resolveTarget(content: PackageContent, target: unknown, conditions: readonly string[]): string | undefined {
  if (target === undefined) return resolveMain(content)
  const found = targetFor(target, conditions)
  if (typeof found !== 'string') return undefined
  const path = found.replace(/^\.\//, '')
  return content.files.has(path) ? path : undefined
}

/** A package that has no `main` and no `index.js` has no main module: its types or its commands are what it is for. */
export function resolveMain(content: PackageContent): string | undefined {
  const main = content.manifest['main']
  const declared = typeof main === 'string' && main !== '' ? fileAt(content, main) : undefined
  return declared ?? fileAt(content, '')
}

/** What a subpath asks for when there is no `exports`: a file, or a folder with a `package.json` of its own. */
export function resolveDeep(content: PackageContent, subpath: string): string | undefined {
  const path = subpath.replace(/^\.\//, '')
  const inner = packageJsonAt(content, `${path}/package.json`)
  if (!inner) return fileAt(content, path)
  const main = inner['main']
  return fileAt(content, typeof main === 'string' ? `${path}/${main.replace(/^\.\//, '')}` : path)
}

const parsed = new WeakMap<PackageContent, Map<string, Members | undefined>>()

/** Asked for with every file, read once. Undefined when there is none; what cannot be read says nothing. */
function packageJsonAt(content: PackageContent, path: string): Members | undefined {
  const known = parsed.get(content) ?? new Map<string, Members | undefined>()
  parsed.set(content, known)
  if (!known.has(path)) known.set(path, parse(content.texts.get(path)))
  return known.get(path)
}

function parse(text: string | undefined): Members | undefined {
  if (text === undefined) return undefined
  try {
    return membersOf(JSON.parse(text))
  } catch {
    return {}
  }
}

/** How Node.js reads the file: by its ending or, for `.js`, by the nearest `package.json`. */
export function moduleFormat(content: PackageContent, path: string): 'commonjs' | 'module' | 'other' {
  if (/\.(?:mjs|mts)$/.test(path)) return 'module'
  if (/\.(?:cjs|cts|json|node)$/.test(path)) return 'commonjs'
  if (!/\.[jt]s$/.test(path)) return 'other'
  return typeOfNearest(content, path) === 'module' ? 'module' : 'commonjs'
}

function typeOfNearest(content: PackageContent, path: string): unknown {
  const folders = path.split('/').slice(0, -1)
  for (let depth = folders.length; depth >= 0; depth -= 1) {
    const found = packageJsonAt(content, [...folders.slice(0, depth), 'package.json'].join('/'))
    if (found) return found['type']
  }
  return undefined
}
