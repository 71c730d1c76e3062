import { Type } from '@sinclair/typebox'
import { oneOf } from '../../shared/types/one-of.ts'

const Instant = Type.Union([Type.String(), Type.Null()])

export const RebuildView = Type.Object({
  state: oneOf(['none', 'waiting', 'running', 'completed', 'failed']),
  ...{ requestedAt: Instant, finishedAt: Instant },
  done: Type.Integer({
    description: 'Artifacts that were looked at; with Elasticsearch one that Postgres has and Elasticsearch not yet counts half.',
  }),
  artifacts: Type.Integer({ description: 'Artifacts that there are now.' }),
  documents: Type.Union([Type.Integer(), Type.Null()], { description: 'Artifacts that can be found; null before the end.' }),
  error: Type.Union([Type.String(), Type.Null()]),
})
