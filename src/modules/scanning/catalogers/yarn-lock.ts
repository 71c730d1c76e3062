import { parse } from 'yaml'
import type { Cataloger, Component } from '../analysis.contract.ts'
import { distinct, npmComponent } from './component.ts'
import { baseName, isMembers, textOf } from './reading.ts'

/** Both forms of yarn.lock: the one of yarn 1, and the YAML of yarn 2 and later. */
export const yarnLock: Cataloger = {
  name: 'yarn-lock',
  wants: (path) => baseName(path) === 'yarn.lock',
  catalog: (files) =>
    distinct(
      [...files].flatMap(([path, content]) => {
        const text = content.toString('utf8')
        return /^__metadata:/m.test(text) ? berry(text, path) : classic(text, path)
      }),
    ),
}

/** `"@scope/name@npm:^1.0.0"` names a package; `alias@npm:name@^1` another than it says. */
function nameOf(pattern: string): string {
  const at = pattern.indexOf('@', 1)
  if (at < 0) return ''
  const [, aliased] = /^npm:(@?[^@]+)@/.exec(pattern.slice(at + 1)) ?? []
  return aliased ?? pattern.slice(0, at)
}

function classic(text: string, path: string): (Component | undefined)[] {
  const found: (Component | undefined)[] = []
  let name = ''
  for (const line of text.split('\n')) {
    if (/^["@\w].*:\s*$/.test(line)) name = nameOf((line.split(/",|, (?=["@\w])/, 1)[0] ?? '').replaceAll('"', '').replace(/:\s*$/, ''))
    const [, version] = /^ {2}version "?([^"\s]+)"?/.exec(line) ?? []
    if (version && name) found.push(npmComponent(name, version, { path }))
    if (version) name = ''
  }
  return found
}

function berry(text: string, path: string): (Component | undefined)[] {
  return Object.values(yamlMembers(text)).map((entry) => {
    if (!isMembers(entry)) return undefined
    // `name@npm:1.2.3`; workspaces and links are no packages of a registry.
    const [, name, version] = /^(@?[^@]+)@npm:([^:]+)$/.exec(textOf(entry['resolution'])) ?? []
    return name && version ? npmComponent(name, version, { path }) : undefined
  })
}

export function yamlMembers(text: string): Readonly<Record<string, unknown>> {
  try {
    // Aliases are what makes a small document large; no lock file has them.
    const document: unknown = parse(text, { maxAliasCount: 0, logLevel: 'silent', schema: 'failsafe' })
    return isMembers(document) ? document : {}
  } catch {
    return {}
  }
}
