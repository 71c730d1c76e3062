import { type Static, Type } from '@sinclair/typebox'
import { HealthScores } from '../contract.ts'
import { EdgeState } from '../dependencies/graph-views.ts'

const Score = Type.Union([Type.Integer(), Type.Null()])
const Text = Type.Union([Type.String(), Type.Null()])

export const FlagView = Type.Object({
  name: Type.String({ description: 'deprecated, unmaintained or vulnerable.' }),
  reason: Type.String(),
})

export const AlternativeView = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  version: Type.String(),
  health: Type.Integer(),
  reason: Type.String(),
})
export type AlternativeView = Static<typeof AlternativeView>

export const DependencyHealth = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  range: Type.String(),
  kind: Type.String(),
  optional: Type.Boolean(),
  version: { ...Text, description: 'What a client would take; null when `state` is not `resolved`.' },
  state: EdgeState,
  health: Score,
  securityScore: Score,
  badges: HealthScores.properties.badges,
  flags: Type.Array(FlagView),
})
export type DependencyHealth = Static<typeof DependencyHealth>

export const HealthView = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  version: Type.String({ description: 'The highest release, which is the one judged.' }),
  ...HealthScores.properties,
  securityScore: Score,
  outdated: Type.Boolean({ description: 'Deprecated or unmaintained.' }),
  flags: Type.Array(FlagView),
  suggestion: { ...Text, description: 'What its publishers say to take instead, in their words.' },
  alternatives: Type.Array(AlternativeView, { description: 'Of what has a flag; at most three.' }),
  dependencies: Type.Array(DependencyHealth, { description: 'Of the highest version, direct ones; at most 200.' }),
  computedAt: Type.String(),
  explain: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'What the scores are made of, with `?explain=true`; docs/insights.md has the formula.',
    }),
  ),
})
export type HealthView = Static<typeof HealthView>
