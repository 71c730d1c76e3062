import type { Cataloger } from '../analysis.contract.ts'
import { componentOf, distinct } from './component.ts'
import { baseName } from './reading.ts'
import { tomlPackages } from './toml-packages.ts'

export const cargo: Cataloger = {
  name: 'cargo',
  wants: (path) => baseName(path) === 'Cargo.lock',
  catalog: (files) =>
    distinct(
      [...files].flatMap(([path, content]) =>
        tomlPackages(content.toString('utf8')).map((entry) => {
          const name = entry.get('name') ?? ''
          const version = entry.get('version') ?? ''
          // Members of the workspace have no source.
          return entry.has('source') ? componentOf({ type: 'cargo', ecosystem: 'crates.io', name, version, path }) : undefined
        }),
      ),
    ),
}
