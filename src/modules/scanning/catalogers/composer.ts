import type { Cataloger, Component } from '../analysis.contract.ts'
import { componentOf, distinct } from './component.ts'
import { baseName, listOf, membersOf, readJson, textOf } from './reading.ts'

export const composer: Cataloger = {
  name: 'composer',
  wants: (path) => baseName(path) === 'composer.lock' || path.endsWith('vendor/composer/installed.json'),
  catalog: (files) =>
    distinct(
      [...files].flatMap(([path, content]) => {
        const document = readJson(content)
        const { packages, ...rest } = Array.isArray(document) ? { packages: document } : membersOf(document)
        return [...listOf(packages), ...listOf(membersOf(rest)['packages-dev'])].map((entry) => locked(membersOf(entry), path))
      }),
    ),
}

function locked(entry: Readonly<Record<string, unknown>>, path: string): Component | undefined {
  const full = textOf(entry['name']).toLowerCase()
  const slash = full.indexOf('/')
  if (slash < 1) return undefined
  const licenses = listOf(entry['license']).map(textOf)
  const version = textOf(entry['version']).replace(/^v(?=\d)/, '')
  const parts = { namespace: full.slice(0, slash), name: full.slice(slash + 1), knownAs: full }
  return componentOf({ type: 'composer', ecosystem: 'Packagist', ...parts, version, path, licenses })
}
