import type { Cataloger, Component } from '../analysis.contract.ts'
import { componentOf, distinct } from './component.ts'
import { type Distribution, distributionOf } from './os-release.ts'

const database = /(?:^|\/)(?:lib|usr\/lib)\/apk\/db\/installed$/

/** https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2 */
export const apk: Cataloger = {
  name: 'apk',
  wants: (path) => database.test(path),
  catalog(files, { osRelease }) {
    const release = distributionOf(osRelease, { id: 'alpine', ecosystem: 'Alpine' })
    return distinct(
      [...files].flatMap(([path, content]) =>
        content
          .toString('utf8')
          .split(/\n\n/)
          .map((block) => installed(block, path, release)),
      ),
    )
  },
}

function installed(block: string, path: string, { id, ecosystem, distro }: Distribution): Component | undefined {
  const fields = new Map<string, string>()
  // Files of the package follow, with letters of their own that come again and again.
  for (const line of block.split('\n'))
    if (line[1] === ':' && !fields.has(line.slice(0, 1))) fields.set(line.slice(0, 1), line.slice(2).trim())
  const name = fields.get('P') ?? ''
  const version = fields.get('V') ?? ''
  const licenses = (fields.get('L') ?? '').split(/\s+(?:AND|OR)\s+/).filter((text) => text !== '')
  return componentOf({
    ...{ type: 'apk', namespace: id, ecosystem, name, version, path, licenses, distro },
    source: { name: fields.get('o') || name, version },
  })
}
