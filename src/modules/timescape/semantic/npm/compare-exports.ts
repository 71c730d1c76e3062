import type { Bump } from '../../change.ts'
import { pointer, type Report } from '../report.ts'
import { built, code } from './compare-files.ts'
import { conditionsOf, exportsOf, importing, requiring, targetFor } from './exports-map.ts'
import type { PackageContent } from './read-package.ts'
import { moduleFormat, resolveDeep, resolveTarget, subpathsOf } from './resolve-module.ts'

/** What somebody gets for one subpath. */
interface Answer {
  readonly target: unknown
  readonly imported: string | undefined
  readonly required: string | undefined
}

interface Pair {
  readonly before: PackageContent
  readonly after: PackageContent
}

/** Subpaths that were there and are not, answer somebody else, or answer in another module format. */
export function compareExports({ before, after }: Pair, report: Report): void {
  const [old, now] = [subpathsOf(before), subpathsOf(after)]
  const hasMap = exportsOf(after.manifest) !== undefined
  for (const [subpath, target] of old) {
    const is = now.has(subpath) || hasMap ? answer(after, now.has(subpath) ? now.get(subpath) : null) : deepAnswer(after, subpath)
    compareSubpath({ before, after }, { subpath, was: answer(before, target), is }, report)
  }
  for (const [subpath, target] of now) if (!old.has(subpath) && answers(answer(after, target))) reportAdded(before, subpath, report)
}

interface Subpath {
  readonly subpath: string
  readonly was: Answer
  readonly is: Answer
}

function compareSubpath(pair: Pair, subpath: Subpath, report: Report): void {
  const { subpath: name, was, is } = subpath
  const path = pointer('exports', name)
  if (!answers(was)) return
  if (!answers(is)) {
    const bump = lossOf(pair.before, subpath)
    const message = name === '.' ? 'the main module is no longer there' : `${name} can no longer be imported`
    report({ path, rule: 'export-removed', bump, message, before: was.imported ?? was.required })
    return
  }
  compareFormats(pair, subpath, report)
  compareConditions(subpath, report)
  const [before, after] = [was.imported ?? was.required, is.imported ?? is.required]
  if (before !== after) report({ path, rule: 'export-target-changed', bump: 'patch', message: `${name} is another file`, before, after })
}

/** A pattern may open files that nobody was meant to ask for: their names tell. */
function lossOf({ manifest }: PackageContent, { subpath, was }: Subpath): Bump {
  const path = subpath.replace(/^\.\//, '')
  if (path.endsWith('package.json')) return 'minor'
  if (exportsOf(manifest)?.has(subpath) || (was.imported ?? was.required) !== path) return /\.d\.[cm]?ts$/.test(path) ? 'patch' : 'major'
  if (!code.test(path)) return 'patch'
  return built.test(path) ? 'minor' : 'major'
}

function compareFormats({ before, after }: Pair, { subpath, was, is }: Subpath, report: Report): void {
  const path = pointer('exports', subpath)
  const [old, now] = [formatsOf(before, was), formatsOf(after, is)]
  const files = { before: was.required ?? was.imported, after: is.required ?? is.imported }
  if (old.isCommon && !now.isCommon) {
    const message = `${subpath} can no longer be loaded with require() as a CommonJS module`
    report({ path, rule: 'commonjs-dropped', bump: 'major', message, ...files })
  } else if (!old.isCommon && now.isCommon)
    report({ path, rule: 'commonjs-added', bump: 'minor', message: `${subpath} can be loaded with require()` })
  if (old.isModule && !now.isModule)
    report({ path, rule: 'esm-dropped', bump: 'major', message: `${subpath} is no longer an ECMAScript module`, ...files })
  else if (!old.isModule && now.isModule)
    report({ path, rule: 'esm-added', bump: 'minor', message: `${subpath} is an ECMAScript module for those who import it` })
}

const formatsOf = (content: PackageContent, { required, imported }: Answer) => ({
  isCommon: required !== undefined && moduleFormat(content, required) === 'commonjs',
  isModule: imported !== undefined && moduleFormat(content, imported) === 'module',
})

/** What `import`, `require`, `node` and `default` mean is compared by the files they lead to; `types` by the declarations. */
const compared = new Set([...importing, ...requiring, 'default', 'types'])

function compareConditions({ subpath, was, is }: Subpath, report: Report): void {
  const kept = conditionsOf(is.target)
  for (const condition of conditionsOf(was.target)) {
    if (compared.has(condition) || condition.startsWith('types@') || !answersUnder(was.target, condition)) continue
    const falls = answersUnder(is.target, condition)
    if (kept.has(condition) && falls) continue
    report({
      ...{ path: pointer('exports', subpath, condition), rule: 'export-condition-removed', bump: falls ? 'minor' : 'major' },
      message: `${subpath} has nothing for the condition "${condition}" any more${falls ? '; another one answers instead' : ''}`,
    })
  }
}

const answersUnder = (target: unknown, condition: string): boolean =>
  [importing, requiring].some((conditions) => typeof targetFor(target, [condition, ...conditions]) === 'string')

function reportAdded(before: PackageContent, subpath: string, report: Report): void {
  const wasReachable = exportsOf(before.manifest) === undefined && answers(deepAnswer(before, subpath))
  if (!wasReachable)
    report({ path: pointer('exports', subpath), rule: 'export-added', bump: 'minor', message: `${subpath} can be imported` })
}

/** Only what some other condition names counts too: a package may be for browsers alone. */
function answers({ imported, required, target }: Answer): boolean {
  if (imported !== undefined || required !== undefined) return true
  const others = [...conditionsOf(target)].filter((condition) => !compared.has(condition))
  return others.length > 0 && typeof targetFor(target, others) === 'string'
}

function answer(content: PackageContent, target: unknown): Answer {
  const imported = resolveTarget(content, target, importing)
  return { target, imported, required: resolveTarget(content, target, requiring) }
}

function deepAnswer(content: PackageContent, subpath: string): Answer {
  const file = subpath === '.' ? undefined : resolveDeep(content, subpath)
  return subpath === '.' ? answer(content, undefined) : { target: file, imported: file, required: file }
}
