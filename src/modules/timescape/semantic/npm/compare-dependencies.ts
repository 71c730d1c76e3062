import type { Change } from '../../change.ts'
import { membersOf, textMembers } from '../content.ts'
import { pointer, type Report } from '../report.ts'
import { compareRanges, isOtherMajor } from './compare-ranges.ts'
import type { PackageContent } from './read-package.ts'

interface Pair {
  readonly before: PackageContent
  readonly after: PackageContent
}

/** Of names that are looked at: comparing ranges takes its time. */
const maxNames = 1_000

interface Peer {
  readonly range: string
  readonly isOptional: boolean
}

/** What users have to bring along. */
export function comparePeers({ before, after }: Pair, report: Report): void {
  const [was, is] = [peersOf(before), peersOf(after)]
  for (const [name, peer] of is) {
    const old = was.get(name)
    if (old) comparePeer(name, { old, peer }, report)
    else report(addedPeer(name, peer))
  }
  for (const [name, { range }] of was)
    if (!is.has(name))
      report({
        ...{ path: pointer('peerDependencies', name), rule: 'peer-removed', bump: 'minor', before: range },
        message: `${name} no longer has to be installed`,
      })
}

const addedPeer = (name: string, { range, isOptional }: Peer): Change => ({
  ...{ path: pointer('peerDependencies', name), after: range },
  ...(isOptional
    ? { rule: 'optional-peer-added', bump: 'minor', message: `${name} ${range} is used when it is there` }
    : { rule: 'peer-added', bump: 'major', message: `${name} ${range} has to be installed, too` }),
})

function comparePeer(name: string, { old, peer }: { readonly old: Peer; readonly peer: Peer }, report: Report): void {
  const path = pointer('peerDependencies', name)
  if (old.isOptional && !peer.isOptional)
    report({ path, rule: 'peer-became-required', bump: 'major', message: `${name} ${peer.range} has to be installed, it was optional` })
  if (!old.isOptional && peer.isOptional) report({ path, rule: 'peer-became-optional', bump: 'minor', message: `${name} is optional` })
  const change = compareRanges(old.range, peer.range)
  const values = { message: `${name} was ${old.range}, is ${peer.range}`, before: old.range, after: peer.range }
  if (change === 'narrowed') report({ path, rule: 'peer-narrowed', bump: 'major', ...values })
  else if (change === 'widened') report({ path, rule: 'peer-widened', bump: 'minor', ...values })
  else if (change === 'undecided' && old.range !== peer.range) report({ path, rule: 'peer-changed', bump: 'minor', ...values })
}

function peersOf({ manifest }: PackageContent): ReadonlyMap<string, Peer> {
  const meta = membersOf(manifest['peerDependenciesMeta'])
  const isOptional = (name: string) => membersOf(meta[name])['optional'] === true
  return new Map(
    [...textMembers(manifest['peerDependencies'])]
      .slice(0, maxNames)
      .map(([name, range]) => [name, { range, isOptional: isOptional(name) }]),
  )
}

/** Installed along with the package, so nobody has to do anything: told because bugs come that way. */
export function compareDependencies({ before, after }: Pair, report: Report): void {
  const [was, is] = [textMembers(before.manifest['dependencies']), textMembers(after.manifest['dependencies'])]
  for (const name of [...new Set([...was.keys(), ...is.keys()])].slice(0, maxNames)) {
    const [old, range] = [was.get(name), is.get(name)]
    if (old !== range) report({ path: pointer('dependencies', name), bump: 'patch', ...dependencyChange(name, old, range) })
  }
}

function dependencyChange(name: string, before: string | undefined, after: string | undefined): Omit<Change, 'path' | 'bump'> {
  if (before === undefined) return { rule: 'dependency-added', message: `${name} ${after} is installed, too`, after }
  if (after === undefined) return { rule: 'dependency-removed', message: `${name} is no longer used`, before }
  const rule = isOtherMajor(before, after) ? 'dependency-major-changed' : 'dependency-changed'
  return { rule, message: `${name} was ${before}, is ${after}`, before, after }
}
