import { type Static, Type } from '@sinclair/typebox'
import { ArtifactNameSchema } from '../../shared/types/artifact-name.ts'
import { ArtifactFormatSchema } from '../../shared/types/artifact-type.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import { UsageMetric } from './contract.ts'

/** Beyond it the clock of the sender is wrong. */
const maxAheadMs = 5 * 60_000
const maxAgeDays = 35
/** Of one record; sums may be larger. */
const maxQuantity = 1_000_000_000_000

/** Visible ASCII: what every system between sender and bill keeps as it is. */
const plainId = (description: string) => Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$', description })

export const UsageRecord = Type.Object(
  {
    id: plainId('Given by the sender, once for each record: the same one again is a duplicate.'),
    metric: UsageMetric,
    quantity: Type.Integer({ minimum: 1, maximum: maxQuantity, description: 'Downloads, or milliseconds.' }),
    artifact: Type.Object(
      {
        namespace: NamespaceSchema,
        name: ArtifactNameSchema,
        format: Type.Optional({
          ...ArtifactFormatSchema,
          description: 'Needed only when several artifacts of this name differ in format.',
        }),
        version: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'A version or tag the artifact has or had.' })),
      },
      { additionalProperties: false },
    ),
    subject: Type.Object(
      { kind: oneOf(['account', 'namespace', 'customer']), id: plainId('Who consumed; taken as it is, nothing is looked up.') },
      { additionalProperties: false },
    ),
    at: Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2})$',
      description: `When it was consumed (RFC 3339); at most 5 minutes ahead and ${maxAgeDays} days ago. Kept to the millisecond.`,
    }),
  },
  { additionalProperties: false },
)
export type UsageRecord = Static<typeof UsageRecord>

export const refusals = [
  'artifact_not_found',
  'not_allowed',
  'ambiguous_format',
  'version_unknown',
  'instant_invalid',
  'too_old',
  'in_the_future',
  'period_closed',
  'id_reused',
] as const
export type Refusal = (typeof refusals)[number]

/** The instant to the millisecond; undefined for what no calendar has. */
export function instantOf(at: string): string | undefined {
  const day = Date.parse(`${at.slice(0, 10)}T00:00:00Z`)
  const time = Date.parse(at)
  // The 30th of February is otherwise taken for the 2nd of March.
  if (Number.isNaN(day) || Number.isNaN(time) || !new Date(day).toISOString().startsWith(at.slice(0, 10))) return undefined
  return new Date(time).toISOString()
}

/** Instants of the database's clock. */
export interface OpenPeriod {
  readonly now: string
  /** Null: nothing was closed yet. */
  readonly closedUntil: string | null
}

export function timeRefusal(instant: string, { now, closedUntil }: OpenPeriod): Refusal | undefined {
  const [time, present] = [Date.parse(instant), Date.parse(now)]
  if (time > present + maxAheadMs) return 'in_the_future'
  if (time < present - maxAgeDays * 86_400_000) return 'too_old'
  return closedUntil !== null && time < Date.parse(closedUntil) ? 'period_closed' : undefined
}

/** A record as it is kept, of which the same id always means the same. */
export interface KeptRecord {
  readonly key: string
  readonly metric: UsageMetric
  readonly quantity: number
  readonly artifactId: string
  /** Empty where none is named. */
  readonly version: string
  readonly subjectKind: string
  readonly subject: string
  readonly at: string
}

export const isSame = (one: KeptRecord, other: KeptRecord): boolean =>
  one.metric === other.metric &&
  one.quantity === other.quantity &&
  one.artifactId === other.artifactId &&
  one.version === other.version &&
  one.subjectKind === other.subjectKind &&
  one.subject === other.subject &&
  Date.parse(one.at) === Date.parse(other.at)
