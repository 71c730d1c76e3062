import { pointer, type Report } from '../report.ts'
import { concreteSubpaths, exportsOf } from './exports-map.ts'
import type { PackageContent } from './read-package.ts'
import { resolveMain } from './resolve-module.ts'

interface Pair {
  readonly before: PackageContent
  readonly after: PackageContent
}

export const code = /\.(?:[cm]?js|json|node|wasm|jsx|css)$/
/** By convention nothing in there is for others, whoever can reach it. */
const inner =
  /(?:^|\/)(?:_[^/]*|\.[^/]+|internals?|private|__\w+__|tests?|spec|examples?|benchmarks?|docs?|scripts?|bin|node_modules)(?:\/|$)|\.(?:test|spec|config|min)\.\w+$/
/** Where builds put files; what is meant for others has a name outside of it. */
export const built = /^(?:lib|libs|dist|build|out|src|source|cjs|esm|es|umd|commonjs|module|modules|types|typings|_?chunks?)\//
const listedAtMost = 20

/** Without `exports` every file can be asked for. What is hidden or gone then is noticed by those who did. */
export function compareFiles({ before, after }: Pair, report: Report): void {
  if (exportsOf(before.manifest) !== undefined) return
  const entries = new Set([...entryFiles(before), 'package.json'])
  const reachable = [...before.files.keys()].filter((path) => code.test(path) && !inner.test(path))
  const exports = exportsOf(after.manifest)
  if (exports) reportHidden({ before, after }, reachable, report)
  else
    reportRemoved(
      reachable.filter((path) => !after.files.has(path)),
      entries,
      report,
    )
}

function reportHidden({ before, after }: Pair, reachable: readonly string[], report: Report): void {
  const open = openPaths(after)
  const entries = new Set(entryFiles(before))
  const hidden = reachable.filter((path) => !open.has(path) && !open.has(path.replace(/(?:\/index)?\.\w+$/, '')))
  const others = hidden.filter((path) => !entries.has(path) && !/\.min\.|^(?:bower|component|composer)\.json$/.test(path))
  if (hidden.length === 0) return
  report({
    ...{ path: '/exports', rule: 'exports-map-hides-files', bump: others.length > 0 ? 'major' : 'minor' },
    message: `an exports map was added: ${hidden.length} files can no longer be imported by their path`,
    before: (others.length > 0 ? others : hidden).slice(0, listedAtMost),
  })
}

function reportRemoved(removed: readonly string[], entries: ReadonlySet<string>, report: Report): void {
  for (const path of removed) {
    const isOwn = built.test(path) || entries.has(path)
    report({
      ...{ path: pointer('files', path), rule: 'file-removed', bump: isOwn ? 'minor' : 'major' },
      message: `${path} could be imported by its path, and is gone`,
    })
  }
}

/** The subpaths an exports map answers, by the path of a file each would be without the map. */
function openPaths(content: PackageContent): ReadonlySet<string> {
  const subpaths = concreteSubpaths(exportsOf(content.manifest) ?? new Map(), content)
  return new Set([...subpaths.keys()].map((subpath) => subpath.replace(/^\.\//, '')))
}

function entryFiles(content: PackageContent): readonly string[] {
  const { manifest } = content
  const named = [resolveMain(content), manifest['module'], manifest['browser'], manifest['unpkg'], manifest['jsdelivr']]
  return ['package.json', ...named.filter((path): path is string => typeof path === 'string').map((path) => path.replace(/^\.\//, ''))]
}

/** What nothing else tells of: the same names with other bytes. */
export function compareContents({ before, after }: Pair, report: Report): void {
  const changed = [...before.files]
    .filter(([path, digest]) => after.files.has(path) && after.files.get(path) !== digest)
    .map(([path]) => path)
  const added = [...after.files.keys()].filter((path) => !before.files.has(path)).length
  const removed = [...before.files.keys()].filter((path) => !after.files.has(path)).length
  if (changed.length + added + removed === 0) return
  report({
    ...{ path: '/files', rule: 'content-changed', bump: 'patch' },
    message: `${changed.length} files changed, ${added} added, ${removed} removed`,
  })
}
