import { type Static, Type } from '@sinclair/typebox'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'

/** `docs/insights.md` says when an artifact has which. */
export const BadgeName = oneOf(['popular', 'stable', 'compatible', 'maintained', 'healthy', 'deprecated', 'unmaintained', 'vulnerable'])
export type BadgeName = Static<typeof BadgeName>

export const HealthScores = Type.Object({
  score: Type.Integer({ minimum: 0, maximum: 100 }),
  popularity: Type.Integer({ minimum: 0, maximum: 100 }),
  stability: Type.Integer({ minimum: 0, maximum: 100 }),
  compatibility: Type.Integer({ minimum: 0, maximum: 100 }),
  maintenance: Type.Integer({ minimum: 0, maximum: 100 }),
  badges: Type.Array(BadgeName),
})
export type HealthScores = Static<typeof HealthScores>

/** Health of artifacts, for lists. Nothing here asks who wants to know: what is answered to a caller has to be authorized. */
export interface HealthBadges {
  /** By artifact; one that was not looked at yet has none. At most some hundred ids at once. */
  badgesOf(artifactIds: readonly string[]): Promise<ReadonlyMap<string, HealthScores>>
}
export const HealthBadges = service<HealthBadges>('insights.health_badges')
