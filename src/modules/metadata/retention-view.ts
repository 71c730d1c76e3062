import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Page } from '../../shared/types/page.ts'
import type { PageQuery } from './contract.ts'

export const ExpiredTag = Type.Object({
  artifact: Type.String(),
  tag: Type.String(),
  manifestDigest: Type.String(),
  updatedAt: Type.String({ description: 'When it moved last.' }),
})
export type ExpiredTag = Static<typeof ExpiredTag>

export const RetentionResult = Type.Object({
  removed: Type.Integer({ description: 'Tags.' }),
  complete: Type.Boolean({ description: 'False when there may be more to remove: ask again.' }),
})
export type RetentionResult = Static<typeof RetentionResult>

/**
 * The namespace setting `retention` at work. Tags go, versions stay. The manifests of those tags go soon after, unless something else needs them;
 * manifests that never had a tag stay.
 */
export interface Retention {
  /** What would go now, by artifact and tag. A page may hold fewer than its limit and still have one after it. */
  preview(principal: Principal, namespace: string, query: PageQuery): Promise<Page<ExpiredTag>>
  /** Removes at most 10,000 tags. */
  apply(principal: Principal, namespace: string): Promise<RetentionResult>
  /** Every namespace that has rules, until the signal. Returns how many tags went. */
  applyAll(signal: AbortSignal): Promise<number>
}
export const Retention = service<Retention>('metadata.retention')
