import { Type } from '@sinclair/typebox'
import { AsQuery } from '../../shared/json-or-csv.ts'
import { ArtifactFormatSchema, ArtifactTypeSchema } from '../../shared/types/artifact-type.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import { ArtifactParams, format } from '../metadata/artifact-request.contract.ts'
import { intervals } from './numbers/range.ts'

/** Who asks for numbers of an artifact: each answer may add up a million rows. */
export const seriesLimit = { max: 120, windowMs: 60_000 }

export const NamespaceParams = Type.Object({ namespace: NamespaceSchema })
export const BadgeParams = Type.Object({
  ...ArtifactParams.properties,
  file: Type.String({ pattern: '^[a-z][a-z-]{0,39}\\.svg$', description: 'For example downloads.svg.' }),
})

export const FormatQuery = Type.Object({ format })

const timeOf = (description: string) =>
  Type.Optional(Type.String({ pattern: '^2\\d{3}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?Z)?$', description }))
const range = {
  from: timeOf('A day or a point of time of UTC; the interval it is in comes first.'),
  to: timeOf('Not part of it, unless it is in the middle of an interval; without it the interval that runs is the last.'),
}
const intervalOf = <const T extends readonly string[]>(values: T) =>
  Type.Object({ interval: oneOf(values, { default: 'day' }), ...range, ...AsQuery })

/** At most 1,000 intervals. */
export const SeriesQuery = Type.Composite([FormatQuery, intervalOf(intervals)])
export const NamespaceSeriesQuery = intervalOf(['day', 'week', 'month'])
export const TrafficQuery = intervalOf(['hour', 'day', 'week', 'month'])
export const SearchesQuery = Type.Composite([
  TrafficQuery,
  Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }) }),
])
export const TrendQuery = Type.Composite([FormatQuery, Type.Object({ period: oneOf(['day', 'week', 'month'], { default: 'week' }) })])

export const windowDays = { day: 1, week: 7, month: 30, quarter: 90 } as const
export const TopQuery = Type.Object({
  window: oneOf(['day', 'week', 'month', 'quarter'], { default: 'week', description: '1, 7, 30 or 90 days, today included.' }),
  type: Type.Optional(ArtifactTypeSchema),
  format: Type.Optional(ArtifactFormatSchema),
  namespace: Type.Optional(NamespaceSchema),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  ...AsQuery,
})
