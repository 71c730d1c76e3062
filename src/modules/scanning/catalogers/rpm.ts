import type { Cataloger, Component } from '../analysis.contract.ts'
import { componentOf, distinct } from './component.ts'
import { type Distribution, distributionOf } from './os-release.ts'
import { rpmHeaders } from './rpm-files.ts'
import { type RpmPackage, readRpmHeader } from './rpm-header.ts'

const database = /(?:^|\/)(?:var\/lib|usr\/lib\/sysimage|usr\/share)\/rpm\/(?:rpmdb\.sqlite|Packages\.db|Packages)$/

/** The database of rpm as SQLite, as rpm's own `Packages.db`, or as Berkeley DB. */
export const rpm: Cataloger = {
  name: 'rpm',
  wants: (path) => database.test(path),
  catalog(files, { osRelease }) {
    const release = distributionOf(osRelease, { id: 'rpm', ecosystem: 'Red Hat' })
    return distinct(
      [...files].flatMap(([path, content]) =>
        rpmHeaders(content).map((header) => {
          const found = readRpmHeader(header)
          return found && installed(found, path, release)
        }),
      ),
    )
  },
}

function installed(found: RpmPackage, path: string, { id, ecosystem, distro }: Distribution): Component | undefined {
  const { name, version, license, sourceRpm } = found
  // Keys that signed packages are listed like packages.
  if (name === 'gpg-pubkey') return undefined
  const [, sourceName, sourceVersion] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(sourceRpm) ?? []
  const source = sourceName && sourceVersion ? { name: sourceName, version: sourceVersion } : undefined
  const licenses = license === '' ? [] : [license]
  return componentOf({ type: 'rpm', namespace: id, ecosystem, name, version, path, licenses, source, distro })
}
