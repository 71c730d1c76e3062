import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { maxAdvisoryBytes } from './contract.ts'

const text = (maxLength: number, minLength = 0) => Type.String({ minLength, maxLength })
const instant = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$', maxLength: 40 })

export const OsvEvent = Type.Object({
  introduced: Type.Optional(text(256, 1)),
  fixed: Type.Optional(text(256, 1)),
  last_affected: Type.Optional(text(256, 1)),
  limit: Type.Optional(text(256, 1)),
})
export type OsvEvent = Static<typeof OsvEvent>

const OsvRange = Type.Object({ type: text(32, 1), events: Type.Array(OsvEvent, { maxItems: 1_000 }) })
export type OsvRange = Static<typeof OsvRange>

const OsvSeverity = Type.Object({ type: text(32, 1), score: text(512, 1) })

const OsvAffected = Type.Object({
  // Without one it is about commits of a repository.
  package: Type.Optional(Type.Object({ ecosystem: text(128, 1), name: text(512, 1) })),
  severity: Type.Optional(Type.Array(OsvSeverity, { maxItems: 32 })),
  ranges: Type.Optional(Type.Array(OsvRange, { maxItems: 1_000 })),
  versions: Type.Optional(Type.Array(text(256, 1), { maxItems: 20_000 })),
})
export type OsvAffected = Static<typeof OsvAffected>

/** OSV 1.x, as far as it is read here; more members are allowed. https://ossf.github.io/osv-schema/ */
export const OsvDocument = Type.Object({
  schema_version: Type.Optional(Type.String({ pattern: '^1\\.\\d', maxLength: 32 })),
  id: Type.String({ pattern: '^[!-~]+$', maxLength: 128 }),
  modified: instant,
  published: Type.Optional(instant),
  withdrawn: Type.Optional(Type.Union([instant, Type.Null()])),
  aliases: Type.Optional(Type.Union([Type.Array(text(256, 1), { maxItems: 1_000 }), Type.Null()])),
  summary: Type.Optional(Type.String()),
  details: Type.Optional(Type.String()),
  severity: Type.Optional(Type.Union([Type.Array(OsvSeverity, { maxItems: 32 }), Type.Null()])),
  affected: Type.Optional(Type.Union([Type.Array(OsvAffected, { maxItems: 10_000 }), Type.Null()])),
  references: Type.Optional(Type.Union([Type.Array(Type.Object({ type: text(64), url: text(8_192) }), { maxItems: 2_000 }), Type.Null()])),
  database_specific: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
})
export type OsvDocument = Static<typeof OsvDocument>

/** Why a document is not taken, in a sentence for the report. */
export class BadDocument extends Error {}

// Postgres stores neither NUL nor lone surrogates.
const unstorable = /[\0\p{Surrogate}]/u

/** Throws `BadDocument`. */
export function readOsvDocument(content: string): OsvDocument {
  if (Buffer.byteLength(content) > maxAdvisoryBytes) throw new BadDocument(`it is larger than ${maxAdvisoryBytes} bytes`)
  const value = parse(content)
  if (!Value.Check(OsvDocument, value)) {
    const first = Value.Errors(OsvDocument, value).First()
    throw new BadDocument(`it is no OSV 1.x document: ${first?.path || '/'} ${first?.message ?? 'is wrong'}`)
  }
  for (const instant of [value.modified, value.published, value.withdrawn])
    if (instant && Number.isNaN(Date.parse(instant))) throw new BadDocument(`${instant} is no instant`)
  return value
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content, (_key, value: unknown) => {
      if (typeof value === 'string' && unstorable.test(value)) throw new BadDocument('it holds a NUL or half a surrogate pair')
      return value
    })
  } catch (error) {
    if (error instanceof BadDocument) throw error
    throw new BadDocument('it is not JSON')
  }
}
