import { exportsOf, importing, requiring, targetFor } from '../npm/exports-map.ts'
import { isDeclaration, type PackageContent } from '../npm/read-package.ts'
import { subpathsOf } from '../npm/resolve-module.ts'
import type { DeclaredPackage } from './messages.ts'

const maxEntries = 300

/** Where a compiler finds the types of each subpath: the condition `types`, else the declarations beside the code. */
export function declaredPackage(content: PackageContent): DeclaredPackage {
  const entries = new Map<string, string>()
  const hasExports = exportsOf(content.manifest) !== undefined
  for (const [subpath, target] of subpathsOf(content)) {
    const found = hasExports ? (exportedTypes(content, target) ?? (subpath === '.' ? mainTypes(content) : undefined)) : mainTypes(content)
    if (found !== undefined && entries.size < maxEntries) entries.set(subpath, found)
  }
  return { name: String(content.manifest['name'] ?? 'package'), texts: content.texts, entries }
}

function exportedTypes(content: PackageContent, target: unknown): string | undefined {
  for (const conditions of [importing, requiring, ['browser', ...importing]]) {
    const typed = targetFor(target, ['types', 'types@>=4', 'types@>=5', ...conditions])
    const found = declarationAt(content, typed) ?? declarationAt(content, targetFor(target, conditions))
    if (found !== undefined) return found
  }
  return undefined
}

function mainTypes(content: PackageContent): string | undefined {
  const { types, typings, main } = content.manifest
  for (const path of [types, typings, main, 'index.d.ts', 'index.d.mts', 'index.d.cts']) {
    const found = declarationAt(content, path)
    if (found !== undefined) return found
  }
  return undefined
}

/** The declarations a path stands for, or those beside the code it stands for. */
function declarationAt({ texts }: PackageContent, path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined
  const plain = path.replace(/^(?:\.?\/)+/, '').replace(/\/$/, '')
  const beside = plain.replace(/\.([cm]?)js$/, '.d.$1ts')
  const candidates = [
    plain,
    beside,
    plain.replace(/\.[cm]?js$/, '.d.ts'),
    `${plain}.d.ts`,
    plain === '' ? 'index.d.ts' : `${plain}/index.d.ts`,
  ]
  return candidates.find((candidate) => isDeclaration(candidate) && texts.has(candidate))
}
