import type { Change } from '../../change.ts'
import { pointer, type Report } from '../report.ts'

/** What builders note of their sources: it changes with every build. */
const buildFact =
  /(?:^|_)(?:VERSION|SHA\d*|SHA\d+SUM|CHECKSUM|DIGEST|KEY|KEYS|URL|REVISION|COMMIT|BUILD|MAJOR|MINOR|RELEASE|HASH|PINNED)(?:_|$)/

/** Variables of an image: programs in it, and images built on it, count on them. */
export function compareEnvironment(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, report: Report): void {
  for (const [name, value] of before) {
    const now = after.get(name)
    if (now === undefined) report(changed(name, { rule: 'env-removed', bump: 'major', message: `${name} is no longer set`, before: value }))
    else if (name === 'PATH') comparePaths(value, now, report)
    else if (now !== value)
      report(changed(name, { rule: 'env-changed', bump: 'minor', message: `${name} has another value`, before: value, after: now }))
  }
  for (const [name, value] of after)
    if (!before.has(name))
      report({ path: pointer('config', 'env', name), rule: 'env-added', bump: 'minor', message: `${name} is set`, after: value })
}

const changed = (name: string, change: Omit<Change, 'path'>): Change => ({
  ...{ path: pointer('config', 'env', name), ...change },
  ...(buildFact.test(name) && { bump: 'patch' }),
})

function comparePaths(before: string, after: string, report: Report): void {
  const kept = new Set(after.split(':'))
  const lost = before.split(':').filter((folder) => !kept.has(folder))
  if (lost.length > 0)
    report({
      path: '/config/env/PATH',
      rule: 'path-narrowed',
      bump: 'major',
      message: `${lost.join(', ')} is no longer on the PATH`,
      before,
      after,
    })
  else if (before !== after)
    report({ path: '/config/env/PATH', rule: 'env-changed', bump: 'minor', message: 'PATH has other entries', before, after })
}
