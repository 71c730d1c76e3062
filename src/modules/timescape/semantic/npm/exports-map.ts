import { canonical, isMembers } from '../content.ts'
import type { PackageContent } from './read-package.ts'

/** How somebody asks for a module; conditions in addition to `default`. */
export const importing: readonly string[] = ['node', 'import', 'module-sync']
export const requiring: readonly string[] = ['node', 'require', 'module-sync']

/** Patterns stand for the files they match; a hostile map stands for no more than that. */
const maxSubpaths = 5_000
const maxPatterns = 200
const maxPatternLength = 10_000
const maxDepth = 10

const read = new WeakMap<PackageContent['manifest'], ReadonlyMap<string, unknown> | undefined>()

/** Subpaths of the `exports` of a package with their targets; undefined when every file can be asked for. */
export function exportsOf(manifest: PackageContent['manifest']): ReadonlyMap<string, unknown> | undefined {
  if (!read.has(manifest)) read.set(manifest, readExports(manifest['exports']))
  return read.get(manifest)
}

function readExports(declared: unknown): ReadonlyMap<string, unknown> | undefined {
  if (declared === undefined || declared === null) return undefined
  if (!isMembers(declared) || !Object.keys(declared).some((key) => key.startsWith('.'))) return new Map([['.', declared]])
  return new Map(Object.entries(declared).filter(([key]) => key.startsWith('.')))
}

/** The target for these conditions, as it is written. Undefined: there is none; null: it is hidden. */
export function targetFor(target: unknown, conditions: readonly string[], depth = 0): string | null | undefined {
  if (typeof target === 'string' || target === null) return target
  if (depth > maxDepth) return undefined
  if (Array.isArray(target)) return firstOf(target, conditions, depth)
  if (!isMembers(target)) return undefined
  for (const [condition, inner] of Object.entries(target)) {
    if (condition !== 'default' && !conditions.includes(condition)) continue
    const found = targetFor(inner, conditions, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function firstOf(targets: readonly unknown[], conditions: readonly string[], depth: number): string | null | undefined {
  let last: null | undefined
  for (const target of targets) {
    const found = targetFor(target, conditions, depth + 1)
    if (typeof found === 'string') return found
    if (found === null) last = null
  }
  return last
}

/** Conditions that a target names anywhere. */
export function conditionsOf(target: unknown, depth = 0): ReadonlySet<string> {
  if (depth > maxDepth) return new Set()
  if (Array.isArray(target)) return new Set(target.flatMap((inner) => [...conditionsOf(inner, depth + 1)]))
  if (!isMembers(target)) return new Set()
  return new Set([...Object.keys(target), ...Object.values(target).flatMap((inner) => [...conditionsOf(inner, depth + 1)])])
}

/** Subpaths without `*`: what patterns match is listed instead of them. */
export function concreteSubpaths(exports: ReadonlyMap<string, unknown>, { files }: PackageContent): ReadonlyMap<string, unknown> {
  const entries = [...exports].filter(([, target]) => target !== null)
  const hidden = [...exports.keys()].filter((subpath) => exports.get(subpath) === null).slice(0, maxPatterns)
  const isOpen = (subpath: string) => !hidden.some((pattern) => covers(pattern, subpath))
  const found = new Map(entries.filter(([subpath]) => !isPattern(subpath)))
  const patterns = entries.filter(([subpath, target]) => isPattern(subpath) && canonical(target).length <= maxPatternLength)
  for (const [subpath, target] of patterns.slice(0, maxPatterns))
    for (const [match, matched] of matchesOf(subpath, target, files)) {
      if (found.size >= maxSubpaths) return found
      if (!found.has(match) && isOpen(match)) found.set(match, matched)
    }
  return found
}

const isPattern = (subpath: string): boolean => subpath.includes('*') || subpath.endsWith('/')

function* matchesOf(subpath: string, target: unknown, files: ReadonlyMap<string, string>): Generator<[string, unknown]> {
  const [pattern, form] = subpath.endsWith('/') ? [`${subpath}*`, withStar(target)] : [subpath, target]
  const shape = targetFor(form, requiring) ?? targetFor(form, importing) ?? targetFor(form, [...conditionsOf(form)])
  const [before = '', after = ''] = typeof shape === 'string' ? shape.replace(/^\.\//, '').split('*', 2) : []
  if (typeof shape !== 'string' || !shape.includes('*')) return
  for (const file of files.keys())
    if (file.startsWith(before) && file.endsWith(after) && file.length >= before.length + after.length) {
      const match = file.slice(before.length, file.length - after.length)
      yield [pattern.replace('*', match), filled(form, match)]
    }
}

const covers = (pattern: string, subpath: string): boolean => {
  const [before = '', after] = pattern.split('*', 2)
  return after === undefined
    ? pattern === subpath || (pattern.endsWith('/') && subpath.startsWith(pattern))
    : subpath.startsWith(before) && subpath.endsWith(after)
}

const mapped = (target: unknown, change: (text: string) => string): unknown => {
  if (typeof target === 'string') return change(target)
  if (Array.isArray(target)) return target.map((inner) => mapped(inner, change))
  return isMembers(target) ? Object.fromEntries(Object.entries(target).map(([key, inner]) => [key, mapped(inner, change)])) : target
}
const withStar = (target: unknown): unknown => mapped(target, (text) => `${text}*`)
const filled = (target: unknown, match: string): unknown => mapped(target, (text) => text.replaceAll('*', match))
