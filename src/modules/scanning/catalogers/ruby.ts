import type { Cataloger, Component } from '../analysis.contract.ts'
import { componentOf, distinct } from './component.ts'
import { baseName } from './reading.ts'

const specification = /(?:^|\/)specifications\/(?:default\/)?[^/]+\.gemspec$/

/** Gems that are installed (their specifications), and those of a Gemfile.lock. */
export const ruby: Cataloger = {
  name: 'ruby',
  wants: (path) => specification.test(path) || baseName(path) === 'Gemfile.lock',
  catalog: (files) =>
    distinct(
      [...files].flatMap(([path, content]) => {
        const text = content.toString('utf8')
        return baseName(path) === 'Gemfile.lock' ? locked(text, path) : [specified(text, path)]
      }),
    ),
}

const gem = (name: string, version: string, more: { readonly path: string; readonly licenses?: readonly string[] }) =>
  componentOf({ type: 'gem', ecosystem: 'RubyGems', name, version, ...more })

/** Ruby that RubyGems writes itself, always in this form; it is never run. */
function specified(text: string, path: string): Component | undefined {
  const [, name = ''] = /^\s*s\.name\s*=\s*"([^"]+)"/m.exec(text) ?? []
  const [, version = ''] = /^\s*s\.version\s*=\s*(?:Gem::Version\.new\()?"([^"]+)"/m.exec(text) ?? []
  const [, listed = ''] = /^\s*s\.licenses\s*=\s*\[([^\]]*)\]/m.exec(text) ?? []
  const licenses = [...listed.matchAll(/"([^"]+)"/g)].map(([, license = '']) => license)
  return gem(name, version, { path, licenses })
}

function locked(text: string, path: string): (Component | undefined)[] {
  const found: (Component | undefined)[] = []
  let section = ''
  for (const line of text.split('\n')) {
    if (/^[A-Z]/.test(line)) section = line.trim()
    const [, name = '', version = ''] = /^ {4}(\S+) \(([^)\s]+)\)$/.exec(line) ?? []
    // A platform follows the version: `1.16.0-x86_64-linux`.
    if (section === 'GEM' && name)
      found.push(gem(name, version.replace(/-(?:x86|x64|arm|aarch|java|universal|mingw|mswin).*$/, ''), { path }))
  }
  return found
}
