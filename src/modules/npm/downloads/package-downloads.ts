import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Usage } from '../../analytics/contract.ts'
import type { Catalog } from '../../metadata/contract.ts'
import { packageText } from '../package-name.ts'
import { packageRef } from '../package-ref.ts'
import { daysOf, readPeriod } from './period.ts'

export const DownloadsParams = Type.Object({
  period: Type.String({
    maxLength: 21,
    description: '`last-day`, `last-week`, `last-month`, `last-year`, a day of UTC (`2026-11-27`) or two with a colon between them.',
  }),
  package: Type.String(),
})

/** What an answer says it is of. */
export const asked = {
  start: Type.String({ description: 'First day.' }),
  end: Type.String({ description: 'Last day.' }),
  package: Type.String(),
}

interface Deps {
  readonly catalog: Catalog
  readonly usage: Usage
}

/** Of each day of the period. Throws PeriodInvalid, and what the catalog throws for a package the caller may not see. */
export async function packageDownloads({ catalog, usage }: Deps, principal: Principal, params: Static<typeof DownloadsParams>) {
  const period = readPeriod(params.period, new Date())
  const ref = packageRef(params.package)
  const { artifact } = await catalog.locate(principal, ref, 'read')
  const counted = new Map((await usage.daily(artifact.id, period)).map(({ day, downloads }) => [day, downloads]))
  const days = daysOf(period).map((day) => ({ downloads: counted.get(day) ?? 0, day }))
  return { days, asked: { ...period, package: packageText(ref) } }
}
