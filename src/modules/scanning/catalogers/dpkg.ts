import type { Cataloger, Component } from '../analysis.contract.ts'
import { componentOf, distinct } from './component.ts'
import { type Distribution, distributionOf } from './os-release.ts'
import { controlFields } from './reading.ts'

const status = /(?:^|\/)var\/lib\/dpkg\/(?:status|status\.d\/[^/]+)$/

/** dpkg's status file, and the folder `status.d` of images made without dpkg. */
export const dpkg: Cataloger = {
  name: 'dpkg',
  wants: (path) => status.test(path) && !path.endsWith('.md5sums'),
  catalog(files, { osRelease }) {
    const release = distributionOf(osRelease, { id: 'debian', ecosystem: 'Debian' })
    return distinct([...files].flatMap(([path, content]) => blocksOf(content).map((block) => installed(block, path, release))))
  },
}

const blocksOf = (content: Buffer): string[] => content.toString('utf8').split(/\r?\n[ \t]*\r?\n/)

function installed(block: string, path: string, { id, ecosystem, distro }: Distribution): Component | undefined {
  const fields = controlFields(block)
  const name = fields.get('package') ?? ''
  const version = fields.get('version') ?? ''
  // Removed packages whose configuration stayed are listed too; `status.d` has no such field.
  if (fields.has('status') && !/\binstalled$/.test(fields.get('status') ?? '')) return undefined
  if (/not-installed$/.test(fields.get('status') ?? '')) return undefined
  const [, sourceName = name, sourceVersion = version] = /^(\S+)(?:\s+\(([^)]+)\))?/.exec(fields.get('source') ?? '') ?? []
  const source = { name: sourceName, version: sourceVersion }
  return componentOf({ type: 'deb', namespace: id, ecosystem, name, version, path, source, distro })
}
