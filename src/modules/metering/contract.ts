import { type Static, Type } from '@sinclair/typebox'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'

export const metrics = ['downloads', 'inference-time', 'execution-time'] as const
export type UsageMetric = (typeof metrics)[number]
export const UsageMetric = oneOf(metrics, {
  description: '`downloads` counts downloads; `inference-time` and `execution-time` are milliseconds.',
})

/** What one of the quantity is. */
export const unitOf = (metric: UsageMetric): 'downloads' | 'ms' => (metric === 'downloads' ? 'downloads' : 'ms')

/** `anonymous`: downloads of whoever had no credential, together. Only the registry itself writes it. */
export const subjectKinds = ['account', 'namespace', 'customer', 'anonymous'] as const
export const Subject = Type.Object({ kind: oneOf(subjectKinds), id: Type.String() })
/** Who consumed: an account or namespace by name, or a customer the sender knows by an id of its own. */
export type Subject = Static<typeof Subject>

/** Instants in ISO 8601; from the first to before the second, both whole hours. */
export interface UsageRange {
  readonly from: string
  readonly to: string
}

export interface UsageSumsQuery extends UsageRange {
  readonly namespaceId?: string
  readonly artifactId?: string
  readonly metric?: UsageMetric
  /** The last row of the page before. */
  readonly after?: Pick<UsageSum, 'artifactId' | 'metric' | 'subject'>
  /** At most 1,000. */
  readonly limit: number
}

export interface UsageSum {
  readonly namespaceId: string
  readonly artifactId: string
  readonly metric: UsageMetric
  readonly subject: Subject
  /** Exact up to 2^53 - 1, which stands for that much or more. */
  readonly quantity: number
}

/** What was consumed, for whoever bills it. */
export interface Metering {
  /** One row per artifact, metric and subject, in that order. */
  sums(query: UsageSumsQuery): Promise<readonly UsageSum[]>
  /**
   * Nothing before this whole hour changes any more: records for it are refused, and downloads that are counted late go to the first hour that
   * is open. It never moves back. Waits for the batches that are being written. Throws `metering.close_invalid` for an hour to come.
   */
  close(until: string): Promise<void>
  /** Resolves when the downloads this process answered so far are in the sums, which otherwise takes a second. */
  flush(): Promise<void>
}
export const Metering = service<Metering>('metering')
