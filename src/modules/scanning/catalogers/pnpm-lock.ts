import type { Cataloger, Component } from '../analysis.contract.ts'
import { distinct, npmComponent } from './component.ts'
import { baseName, membersOf, textOf } from './reading.ts'
import { yamlMembers } from './yarn-lock.ts'

// Lock files 5: `/name/1.0.0_peers`; 6: `/name@1.0.0(peers)`; 9: `name@1.0.0`, quoted when scoped.
const byAt = /^\/?(@[^/@]+\/[^@/]+|[^@/]+)@([^(/:]+)(?:\(.*)?$/
const bySlash = /^\/(@[^/]+\/[^/]+|[^@/][^/]*)\/([^/_]+)(?:_.*)?$/

export const pnpmLock: Cataloger = {
  name: 'pnpm-lock',
  wants: (path) => baseName(path) === 'pnpm-lock.yaml',
  catalog: (files) =>
    distinct(
      [...files].flatMap(([path, content]) => {
        const packages = membersOf(yamlMembers(content.toString('utf8'))['packages'])
        return Object.entries(packages).map(([key, entry]) => locked(key, membersOf(entry), path))
      }),
    ),
}

function locked(key: string, entry: Readonly<Record<string, unknown>>, path: string): Component | undefined {
  const [, name = '', version = ''] = byAt.exec(key) ?? bySlash.exec(key) ?? []
  const named = textOf(entry['name']) || name
  const exact = textOf(entry['version']) || version
  return named !== '' && /^\d/.test(exact) ? npmComponent(named, exact, { path }) : undefined
}
