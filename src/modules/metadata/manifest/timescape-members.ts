import { Type } from '@sinclair/typebox'
import { text } from './manifest-formats.ts'

const hash = Type.String({ minLength: 1, maxLength: 200 })
const note = Type.String({ maxLength: 10_000 })

const versionNode = Type.Object({
  version: text('version'),
  timestamp: Type.Optional(text('date-time')),
  gtypeHash: Type.Optional(hash),
  manifestHash: Type.Optional(hash),
  parentVersions: Type.Optional(Type.Array(text('version'), { maxItems: 100 })),
  deprecated: Type.Optional(Type.Boolean()),
  deprecationReason: Type.Optional(note),
})

const breakingChange = Type.Object({
  fromVersion: text('version'),
  toVersion: text('version'),
  changes: Type.Array(Type.Unknown(), { maxItems: 1000 }),
  migrationGuide: Type.Optional(Type.String({ maxLength: 100_000 })),
})

const transformerReference = Type.Object({
  fromVersion: text('range'),
  toVersion: text('range'),
  transformerArtifact: text('name'),
  transformerVersion: text('version'),
})

/** What a publisher says about other versions; the registry's own version graph is kept by timescape. */
export const timescape = Type.Object({
  versionGraph: Type.Optional(Type.Array(versionNode, { maxItems: 1000 })),
  breakingChanges: Type.Optional(Type.Array(breakingChange, { maxItems: 1000 })),
  transformers: Type.Optional(Type.Array(transformerReference, { maxItems: 1000 })),
  compatibilityNotes: Type.Optional(Type.Array(note, { maxItems: 1000 })),
})
