import type { Report } from '../report.ts'
import { compareDependencies, comparePeers } from './compare-dependencies.ts'
import { compareExports } from './compare-exports.ts'
import { compareContents, compareFiles } from './compare-files.ts'
import { compareBins, comparePlatforms } from './compare-platforms.ts'
import type { PackageContent } from './read-package.ts'

/** Everything about two versions of a package but their type declarations. */
export function comparePackages(pair: { readonly before: PackageContent; readonly after: PackageContent }, report: Report): void {
  compareExports(pair, report)
  compareFiles(pair, report)
  compareBins(pair, report)
  comparePlatforms(pair, report)
  comparePeers(pair, report)
  compareDependencies(pair, report)
  compareMetadata(pair, report)
  compareContents(pair, report)
}

/** Bundlers read `module`, and go on with `main` where there is none. */
function compareMetadata({ before, after }: Parameters<typeof comparePackages>[0], report: Report): void {
  for (const field of ['module', 'license'] as const) {
    const [was, is] = [before.manifest[field], after.manifest[field]]
    if (typeof was !== 'string' || was === is) continue
    const now = typeof is === 'string' ? is : 'not given'
    report({
      path: `/${field}`,
      rule: `${field}-changed`,
      bump: 'patch',
      message: `${field} was ${was}, is ${now}`,
      before: was,
      after: is,
    })
  }
}
