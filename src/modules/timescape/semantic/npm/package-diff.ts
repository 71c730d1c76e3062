import type { Readable } from 'node:stream'
import type { Change } from '../../change.ts'
import { DeclarationsUndecided, type DeclarationThread } from '../declarations/declaration-thread.ts'
import { declaredPackage } from '../declarations/entry-points.ts'
import type { DeclaredPackage } from '../declarations/messages.ts'
import { Changes, type Report } from '../report.ts'
import { comparePackages } from './compare-package.ts'
import { type PackageContent, readPackage } from './read-package.ts'

interface PackagePair {
  readonly before: PackageContent
  readonly after: PackageContent
}

/** Both tarballs, read one after the other. Throws UnreadableContent. */
export async function readPackages(
  tarballs: { readonly before: () => Promise<Readable>; readonly after: () => Promise<Readable> },
  signal: AbortSignal,
): Promise<PackagePair> {
  const before = await readPackage(await tarballs.before(), signal)
  return { before, after: await readPackage(await tarballs.after(), signal) }
}

/** What users of a package notice. */
export async function packageChanges(pair: PackagePair, thread: DeclarationThread, signal: AbortSignal): Promise<readonly Change[]> {
  const changes = new Changes()
  comparePackages(pair, changes.add)
  const declared = { before: declaredPackage(pair.before), after: declaredPackage(pair.after) }
  if (pair.before.isCut || pair.after.isCut) changes.add(undecided('there is too much of them'))
  else if (declared.before.entries.size === 0) reportNew(declared.after, changes.add)
  else if (!isSame(declared.before, declared.after)) {
    const found = await thread.compare(declared, signal).catch((error: unknown) => {
      if (error instanceof DeclarationsUndecided) return [undecided(error.message)]
      throw error
    })
    for (const change of found) changes.add(change)
  }
  return changes.list
}

const undecided = (reason: string): Change => ({
  ...{ path: '/declarations', rule: 'declarations-undecided', bump: 'none' },
  message: `type declarations were not compared: ${reason}`,
})

function reportNew({ entries }: DeclaredPackage, report: Report): void {
  if (entries.size > 0) report({ path: '/declarations', rule: 'types-added', bump: 'minor', message: 'there are type declarations' })
}

function isSame(one: DeclaredPackage, other: DeclaredPackage): boolean {
  const equal = (these: ReadonlyMap<string, string>, those: ReadonlyMap<string, string>) =>
    these.size === those.size && [...these].every(([key, value]) => those.get(key) === value)
  const code = ({ texts }: DeclaredPackage) => new Map([...texts].filter(([path]) => !path.endsWith('package.json')))
  return equal(one.entries, other.entries) && equal(code(one), code(other))
}
