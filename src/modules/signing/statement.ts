import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { BundleInvalid } from './errors.ts'

/** in-toto attestation framework: Statement v0.1 and v1. */
const Statement = Type.Object({
  _type: Type.Union([Type.Literal('https://in-toto.io/Statement/v0.1'), Type.Literal('https://in-toto.io/Statement/v1')]),
  subject: Type.Array(Type.Object({ name: Type.String(), digest: Type.Record(Type.String(), Type.String()) }), {
    minItems: 1,
    maxItems: 1_000,
  }),
  predicateType: Type.String({ minLength: 1, maxLength: 500 }),
})
export type Statement = Static<typeof Statement>

export interface Subject {
  readonly name: string
  /** Hexadecimal. */
  readonly sha512: string
}

/** Throws BundleInvalid for what is no statement about the subject. */
export function statementAbout({ name, sha512 }: Subject, payload: Buffer): Statement {
  const statement = parse(payload)
  const named = statement.subject.filter((subject) => subject.name === name)
  if (named.length === 0) throw new BundleInvalid(`its statement is about ${quoted(statement.subject[0]?.name)}, not about ${name}`)
  const digests = named.map(({ digest }) => (Object.hasOwn(digest, 'sha512') ? digest['sha512'] : undefined))
  if (!digests.every((digest) => digest?.toLowerCase() === sha512.toLowerCase()))
    throw new BundleInvalid(`its statement is about another content of ${name}: the sha512 differs from that of the tarball`)
  return statement
}

function parse(payload: Buffer): Statement {
  let value: unknown
  try {
    value = JSON.parse(payload.toString('utf8'))
  } catch (cause) {
    throw new BundleInvalid('its payload is not JSON', cause)
  }
  if (!Value.Check(Statement, value)) throw new BundleInvalid('its payload is no in-toto statement')
  return value
}

const quoted = (text = ''): string => (text.length > 214 ? `${text.slice(0, 214)}…` : text)
