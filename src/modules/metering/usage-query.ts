import { type Static, Type } from '@sinclair/typebox'
import { AsQuery } from '../../shared/json-or-csv.ts'
import { ArtifactNameSchema } from '../../shared/types/artifact-name.ts'
import { ArtifactFormatSchema } from '../../shared/types/artifact-type.ts'
import { CursorSchema } from '../../shared/types/cursor.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import { UsageMetric } from './contract.ts'
import type { Dimension } from './totals.queries.ts'
import type { TotalsQuery } from './totals.service.ts'

const Instant = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2}))?$',
  description: 'A day (UTC) or an instant (RFC 3339); widened to whole hours.',
})
/** Of one artifact. */
export const ArtifactUsageQuery = Type.Object({
  from: Type.Optional({ ...Instant, description: `${Instant.description} Without it: the beginning of this month.` }),
  to: Type.Optional({ ...Instant, description: `${Instant.description} Exclusive. Without it: now.` }),
  interval: oneOf(['hour', 'day', 'month'], { default: 'month', description: 'At most 31 days by hour, 366 by day, 3,660 by month.' }),
  by: Type.String({
    default: 'artifact',
    pattern: '^(?:none|(?:artifact|version|subject)(?:,(?:artifact|version|subject)){0,2})$',
    description: 'What is told apart: `artifact`, `version` (of each artifact), `subject`, several with commas, or `none`.',
  }),
  metric: Type.Optional(UsageMetric),
  format: Type.Optional(ArtifactFormatSchema),
  subject: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$', description: 'Of the subject with this id only.' })),
  ...AsQuery,
  cursor: Type.Optional(CursorSchema),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
})
export const UsageQuery = Type.Object({
  ...ArtifactUsageQuery.properties,
  artifact: Type.Optional({ ...ArtifactNameSchema, description: 'Of artifacts of this name only.' }),
})

export function totalsQueryOf({ artifact, by, as: _form, ...rest }: Static<typeof UsageQuery>): TotalsQuery {
  return { ...rest, ...(artifact !== undefined && { name: artifact }), by: dimensionsOf(by) }
}

/** A version means something together with its artifact only. */
function dimensionsOf(by: string): Dimension[] {
  const named = by.split(',').filter((one): one is Dimension => one !== 'none')
  return named.includes('version') ? [...named, 'artifact'] : named
}
