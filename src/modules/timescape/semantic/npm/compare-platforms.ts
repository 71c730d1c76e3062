import type { Change } from '../../change.ts'
import { membersOf, textMembers, textsOf } from '../content.ts'
import { pointer, type Report } from '../report.ts'
import { compareRanges, lostLines, readRange } from './compare-ranges.ts'
import type { PackageContent } from './read-package.ts'

interface Pair {
  readonly before: PackageContent
  readonly after: PackageContent
}

/** What a machine has to be for the package to run on it: `engines`, `os`, `cpu`, `libc`. */
export function comparePlatforms({ before, after }: Pair, report: Report): void {
  compareEngines(textMembers(before.manifest['engines']), textMembers(after.manifest['engines']), report)
  for (const [member, known] of Object.entries(knownValues)) {
    const [was, is] = [before, after].map(({ manifest }) => allowed(manifest[member], known)) as [ReadonlySet<string>, ReadonlySet<string>]
    const lost = [...was].filter((value) => !is.has(value))
    const gained = [...is].filter((value) => !was.has(value))
    if (lost.length > 0)
      report({ path: pointer(member), rule: 'platform-removed', bump: 'major', message: `${member} no longer allows ${lost.join(', ')}` })
    if (gained.length > 0)
      report({ path: pointer(member), rule: 'platform-added', bump: 'minor', message: `${member} now allows ${gained.join(', ')}` })
  }
}

const maxEngines = 50
/** Engines whose versions users do not choose for the sake of a package; their managers only warn. */
const tools = new Set(['npm', 'yarn', 'pnpm', 'bun'])

function compareEngines(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, report: Report): void {
  for (const engine of [...new Set([...before.keys(), ...after.keys()])].slice(0, maxEngines)) {
    const [was, is] = [before.get(engine), after.get(engine)]
    const change = was === undefined || is === undefined ? presenceChange(engine, was, is) : rangeChange(engine, was, is)
    if (change) report({ path: pointer('engines', engine), ...change })
  }
}

function presenceChange(engine: string, before: string | undefined, after: string | undefined): Omit<Change, 'path'> | undefined {
  if (after === undefined) return { rule: 'engine-removed', bump: 'patch', message: `${engine} is no longer named`, before }
  if (readRange(after) === '*') return undefined
  return { rule: 'engine-added', bump: 'minor', message: `${engine} is named for the first time: ${after}`, after }
}

const engineRules = { narrowed: 'engine-narrowed', widened: 'engine-widened', undecided: 'engine-changed' } as const

/** Within a release line users go on to its newest version anyway; a line that is lost takes more than that. */
function rangeChange(engine: string, before: string, after: string): Omit<Change, 'path'> | undefined {
  const change = compareRanges(before, after)
  if (change === 'same' || before === after) return undefined
  const lost = change === 'narrowed' && !tools.has(engine) ? lostLines(before, after) : []
  const lines = lost.length > 0 ? `: ${lost.slice(0, 10).join(', ')} will no longer do` : ''
  const message = `${engine} was ${before}, is ${after}${lines}`
  return { rule: engineRules[change], bump: lost.length > 0 ? 'major' : 'minor', message, before, after }
}

const knownValues: Readonly<Record<string, readonly string[]>> = {
  os: ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openbsd', 'sunos', 'win32'],
  cpu: ['arm', 'arm64', 'ia32', 'loong64', 'mips', 'mipsel', 'ppc64', 'riscv64', 's390x', 'x64'],
  libc: ['glibc', 'musl'],
}

/** `!win32` forbids one and allows the rest, as npm-install-checks reads it. */
function allowed(declared: unknown, known: readonly string[]): ReadonlySet<string> {
  const values = typeof declared === 'string' ? [declared] : textsOf(declared)
  const forbidden = values.filter((value) => value.startsWith('!')).map((value) => value.slice(1))
  const named = values.filter((value) => !value.startsWith('!') && value !== 'any')
  const all = named.length > 0 ? named : known
  return new Set(all.filter((value) => !forbidden.includes(value)))
}

/** Commands that packages put on the path of their users. */
export function compareBins({ before, after }: Pair, report: Report): void {
  const [was, is] = [binsOf(before), binsOf(after)]
  for (const [command, target] of was) {
    const path = pointer('bin', command)
    const now = is.get(command)
    if (now === undefined) report({ path, rule: 'bin-removed', bump: 'major', message: `the command ${command} is gone`, before: target })
    else if (before.files.has(target) && !after.files.has(now))
      report({ path, rule: 'bin-broken', bump: 'major', message: `the command ${command} leads to ${now}, which is not there`, after: now })
    else if (now !== target)
      report({
        path,
        rule: 'bin-target-changed',
        bump: 'patch',
        message: `the command ${command} is another file`,
        before: target,
        after: now,
      })
  }
  for (const command of is.keys())
    if (!was.has(command))
      report({ path: pointer('bin', command), rule: 'bin-added', bump: 'minor', message: `the command ${command} is new` })
}

function binsOf({ manifest, files }: PackageContent): ReadonlyMap<string, string> {
  const { bin, name, directories } = manifest
  const plain = (path: string) => path.replace(/^(?:\.?\/)+/, '')
  if (typeof bin === 'string') return new Map([[String(name).replace(/^@[^/]*\//, ''), plain(bin)]])
  const named = [...textMembers(bin)].map(([command, path]) => [command, plain(path)] as const)
  const folder = membersOf(directories)['bin']
  if (named.length > 0 || typeof folder !== 'string') return new Map(named)
  const prefix = `${plain(folder).replace(/\/$/, '')}/`
  return new Map([...files.keys()].filter((path) => path.startsWith(prefix)).map((path) => [path.slice(prefix.length), path]))
}
