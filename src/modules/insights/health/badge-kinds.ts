import type { Badge, Badges } from '../../analytics/contract.ts'
import type { HealthBadges, HealthScores } from '../contract.ts'

const kinds = ['health', 'popularity', 'stability', 'compatibility', 'maintenance'] as const

/** Badges with the scores: `health.svg`, `popularity.svg`, … */
export function addHealthBadges(badges: Badges, health: HealthBadges): void {
  for (const kind of kinds) badges.add(kind, async ({ artifact }) => badgeOf(kind, (await health.badgesOf([artifact.id])).get(artifact.id)))
}

function badgeOf(kind: (typeof kinds)[number], scores: HealthScores | undefined): Badge {
  const value = kind === 'health' ? scores?.score : scores?.[kind]
  return value === undefined
    ? { label: kind, message: 'unknown', color: 'lightgrey' }
    : { label: kind, message: `${value}/100`, color: colourOf(value) }
}

const colourOf = (value: number): string => (value >= 75 ? 'brightgreen' : value >= 50 ? 'yellowgreen' : value >= 25 ? 'orange' : 'red')
