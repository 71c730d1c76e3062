import type { Cataloger, Component } from '../analysis.contract.ts'
import { distinct, npmComponent } from './component.ts'
import { baseName, isMembers, listOf, type Members, membersOf, readJson, textOf } from './reading.ts'

const lockNames: ReadonlySet<string> = new Set(['package-lock.json', 'npm-shrinkwrap.json', '.package-lock.json'])
/** Exactly one version: anything else is decided when it is installed. */
const pinned = /^[=v]?(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)$/

/** What is installed, what a lock file settles, and what the package at hand is and pins. */
export const npm: Cataloger = {
  name: 'npm',
  wants: (path) => baseName(path) === 'package.json' || lockNames.has(baseName(path)),
  catalog: (files) =>
    distinct(
      [...files].flatMap(([path, content]) => {
        const document = membersOf(readJson(content))
        return lockNames.has(baseName(path)) ? lockedBy(document, path) : describedBy(document, path)
      }),
    ),
}

function describedBy(document: Members, path: string): (Component | undefined)[] {
  const name = textOf(document['name'])
  const version = textOf(document['version'])
  if (name === '') return []
  const itself = version === '' ? undefined : npmComponent(name, version, { path, licenses: licensesOf(document) })
  // Inside node_modules the real versions lie beside it.
  return path.includes('node_modules/') ? [itself] : [itself, ...pinnedBy(document, path)]
}

function pinnedBy(document: Members, path: string): (Component | undefined)[] {
  const wanted = { ...membersOf(document['optionalDependencies']), ...membersOf(document['dependencies']) }
  return Object.entries(wanted).map(([alias, range]) => {
    const [, name = alias, spec = textOf(range)] = /^npm:(@?[^@]+)@(.+)$/.exec(textOf(range)) ?? []
    const version = pinned.exec(spec)?.[1]
    return version === undefined ? undefined : npmComponent(name, version, { path })
  })
}

function licensesOf(document: Members): string[] {
  const one = document['license']
  const all = [one, ...listOf(document['licenses'])].map((entry) => (isMembers(entry) ? textOf(entry['type']) : textOf(entry)))
  return all.filter((text) => text !== '')
}

/** Version 1 nests `dependencies`; 2 and 3 list `packages` by folder. */
function lockedBy(document: Members, path: string): (Component | undefined)[] {
  const packages = document['packages']
  if (isMembers(packages)) return Object.entries(packages).map(([folder, entry]) => lockedAt(folder, membersOf(entry), path))
  return nestedIn(membersOf(document['dependencies']), path)
}

function lockedAt(folder: string, entry: Members, path: string): Component | undefined {
  const version = textOf(entry['version'])
  if (folder === '' || version === '' || entry['link'] === true) return undefined
  const name = textOf(entry['name']) || folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return folder.includes('node_modules/') ? npmComponent(name, version, { path, licenses: licensesOf(entry) }) : undefined
}

const maxDepth = 64

function nestedIn(root: Members, path: string): (Component | undefined)[] {
  const found: (Component | undefined)[] = []
  let level: Members[] = [root]
  for (let depth = 0; level.length > 0 && depth < maxDepth; depth += 1) {
    const entries = level.flatMap((dependencies) => Object.entries(dependencies))
    for (const [name, entry] of entries) found.push(fromNested(name, membersOf(entry), path))
    level = entries.flatMap(([, entry]) =>
      isMembers(membersOf(entry)['dependencies']) ? [membersOf(membersOf(entry)['dependencies'])] : [],
    )
  }
  return found
}

function fromNested(alias: string, entry: Members, path: string): Component | undefined {
  const given = textOf(entry['version'])
  const [, name = alias, version = given] = /^npm:(@?[^@]+)@(.+)$/.exec(given) ?? []
  return /^\d/.test(version) ? npmComponent(name, version, { path }) : undefined
}
