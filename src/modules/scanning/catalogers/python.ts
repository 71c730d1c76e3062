import type { Cataloger, Component } from '../analysis.contract.ts'
import { normalName } from '../package-names.ts'
import { componentOf, distinct } from './component.ts'
import { baseName, controlFields } from './reading.ts'
import { tomlPackages } from './toml-packages.ts'

const pythonComponent = (given: string, version: string, more: { readonly path: string; readonly licenses?: readonly string[] }) => {
  const name = normalName('PyPI', given)
  return componentOf({ type: 'pypi', ecosystem: 'PyPI', name, version, ...more })
}

const metadata = /\.(?:dist-info\/METADATA|egg-info\/PKG-INFO|egg-info)$/

/** What is installed. */
export const python: Cataloger = {
  name: 'python',
  wants: (path) => metadata.test(path),
  catalog: (files) => distinct([...files].map(([path, content]) => installed(content, path))),
}

function installed(content: Buffer, path: string): Component | undefined {
  const text = content.toString('utf8')
  const end = text.search(/\r?\n\r?\n/)
  const fields = controlFields(end < 0 ? text : text.slice(0, end))
  const license = fields.get('license-expression') ?? fields.get('license') ?? ''
  const licenses = license === '' || license === 'UNKNOWN' ? [] : [license]
  return pythonComponent(fields.get('name') ?? '', fields.get('version') ?? '', { path, licenses })
}

const locks: ReadonlySet<string> = new Set(['poetry.lock', 'uv.lock', 'pdm.lock'])
const requirements = /^requirements[^/]*\.txt$/

/** What lock files settle, and what requirements pin with `==`. */
export const pythonLocks: Cataloger = {
  name: 'python-locks',
  wants: (path) => locks.has(baseName(path)) || requirements.test(baseName(path)),
  catalog: (files) =>
    distinct(
      [...files].flatMap(([path, content]) => {
        const text = content.toString('utf8')
        return locks.has(baseName(path)) ? locked(text, path) : required(text, path)
      }),
    ),
}

const locked = (text: string, path: string): (Component | undefined)[] =>
  tomlPackages(text)
    // The project itself is where the lock file is.
    .filter((entry) => !/\b(?:virtual|editable)\b/.test(entry.get('source') ?? ''))
    .map((entry) => pythonComponent(entry.get('name') ?? '', entry.get('version') ?? '', { path }))

const required = (text: string, path: string): (Component | undefined)[] =>
  text.split('\n').map((line) => {
    const [, name, version] =
      /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*===?\s*([A-Za-z0-9.!+_-]+)\s*(?:[;#\\].*)?$/.exec(line) ?? []
    return name && version ? pythonComponent(name, version, { path }) : undefined
  })
