import { PackageURL } from 'packageurl-js'
import type { Component } from '../analysis.contract.ts'

export interface Found {
  /** Of the package URL. */
  readonly type: string
  readonly namespace?: string | undefined
  readonly ecosystem: string
  readonly name: string
  readonly version: string
  readonly path: string
  /** What `ecosystem` calls it, where that is not its name within the namespace. */
  readonly knownAs?: string
  readonly licenses?: readonly string[]
  readonly source?: { readonly name: string; readonly version: string } | undefined
  readonly distro?: string | undefined
}

const maxName = 512
const maxVersion = 256
const maxPath = 1_024
const maxLicenses = 16
// Postgres stores neither; nobody names a package with them.
const unstorable = /[\0\p{Surrogate}]/u
const isNameable = (text: string, maxLength: number): boolean => text !== '' && text.length <= maxLength && !unstorable.test(text)
const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed()

/** `undefined` for what no package can be called. */
export function componentOf(found: Found): Component | undefined {
  const { ecosystem, name, version, path, knownAs = name, licenses = [], source } = found
  if (!isNameable(knownAs, maxName) || !isNameable(version, maxVersion)) return undefined
  const purl = purlOf(found)
  if (purl === undefined) return undefined
  return {
    ...{ purl, ecosystem, name: knownAs, version, path: storable(path.slice(0, maxPath)) },
    licenses: licenses.filter((license) => isNameable(license, 200)).slice(0, maxLicenses),
    ...(source && isNameable(source.name, maxName) && isNameable(source.version, maxVersion) && { source }),
  }
}

function purlOf({ type, namespace, name, version, distro }: Found): string | undefined {
  try {
    return new PackageURL(type, namespace, name, version, distro ? { distro } : undefined, undefined).toString()
  } catch {
    return undefined
  }
}

/** `@scope/name` or `name`. */
export function npmComponent(name: string, version: string, rest: { readonly path: string; readonly licenses?: readonly string[] }) {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1
  const parts = slash < 0 ? { name } : { namespace: name.slice(0, slash), name: name.slice(slash + 1) }
  return componentOf({ type: 'npm', ecosystem: 'npm', ...parts, version, knownAs: name, ...rest })
}

/** More are never listed of one file. */
export const maxComponents = 50_000

/** Each package of a file once. */
export function distinct(found: Iterable<Component | undefined>): Component[] {
  const byKey = new Map<string, Component>()
  for (const component of found) {
    if (!component) continue
    const key = `${component.purl}\n${component.path}`
    if (!byKey.has(key)) byKey.set(key, component)
    if (byKey.size >= maxComponents) break
  }
  return [...byKey.values()]
}
