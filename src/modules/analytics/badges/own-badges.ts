import type { Database } from '../../../shared/kernel/database.ts'
import type { Catalog, Located } from '../../metadata/contract.ts'
import { VersionNotFound } from '../../metadata/errors.ts'
import type { Badge, Badges, Usage } from '../contract.ts'
import { shortNumber } from './short-number.ts'

interface Parts {
  readonly database: Database
  readonly catalog: Catalog
  readonly usage: Usage
}

const monthDays = 30

/** The badges of this module: downloads, version, license. */
export function addOwnBadges(badges: Badges, { database, catalog, usage }: Parts): void {
  const latest = (located: Located) =>
    catalog.version(located, 'latest').catch((error: unknown) => {
      if (error instanceof VersionNotFound) return undefined
      throw error
    })
  badges.add('downloads', async ({ artifact: { id } }) => {
    const used = await usage.of([id], monthDays)
    return { label: 'downloads', message: `${shortNumber(used.get(id)?.downloads ?? 0)}/month`, color: 'blue' }
  })
  badges.add('downloads-total', async ({ artifact: { id } }) => {
    const [row] = await database.sql<{ downloads: number }>`select downloads from artifacts where id = ${id}::uuid`
    return { label: 'downloads', message: shortNumber(row?.downloads ?? 0), color: 'blue' }
  })
  badges.add('version', async (located) => versionBadge((await latest(located))?.version))
  badges.add('license', async (located) => licenseBadge((await latest(located))?.metadata['license']))
}

const versionBadge = (version: string | undefined): Badge =>
  version === undefined
    ? { label: 'version', message: 'none', color: 'lightgrey' }
    : { label: 'version', message: `v${version}`, color: version.startsWith('0.') || version.includes('-') ? 'orange' : 'blue' }

/** SPDX, or what older packages say: `{ type: 'MIT' }`. */
function licenseBadge(license: unknown): Badge {
  const named = typeof license === 'object' && license !== null && 'type' in license ? license.type : license
  return typeof named === 'string' && named !== ''
    ? { label: 'license', message: named, color: 'blue' }
    : { label: 'license', message: 'not stated', color: 'lightgrey' }
}
