import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Refused } from './verdict.ts'

/** in-toto Statement v0.1 and v1 as clients of images write it: the name of a subject says nothing here, its digest does. */
const Statement = Type.Object({
  _type: Type.Union([Type.Literal('https://in-toto.io/Statement/v0.1'), Type.Literal('https://in-toto.io/Statement/v1')]),
  subject: Type.Array(Type.Object({ digest: Type.Record(Type.String(), Type.String()) }), { minItems: 1, maxItems: 1_000 }),
  predicateType: Type.String({ minLength: 1, maxLength: 500 }),
})

/** github.com/containers/image, docs/containers-signature.5.md. */
const SimpleSigning = Type.Object({
  critical: Type.Object({
    image: Type.Object({ 'docker-manifest-digest': Type.String({ maxLength: 200 }) }),
    type: Type.Union([Type.Literal('cosign container image signature'), Type.Literal('atomic container signature')]),
  }),
})

/** Throws Refused unless the statement is about the manifest. */
export function attestedType(payload: Buffer, manifestDigest: string): string {
  const statement = readJson(payload, 'its payload')
  if (!Value.Check(Statement, statement)) throw new Refused('its payload is no in-toto statement')
  const [algorithm = '', hex = ''] = manifestDigest.split(':')
  const named = statement.subject.map(({ digest }) => (Object.hasOwn(digest, algorithm) ? (digest[algorithm] ?? '') : ''))
  if (!named.some((digest) => digest.toLowerCase() === hex)) throw otherDigest(named[0] ? `${algorithm}:${named[0]}` : 'no digest')
  return statement.predicateType
}

/** Throws Refused unless the payload of the signature is about the manifest. */
export function requireSimpleSigning(payload: Buffer, manifestDigest: string): void {
  const document = readJson(payload, 'its payload')
  if (!Value.Check(SimpleSigning, document)) throw new Refused('its payload is not one of simple signing')
  const digest = document.critical.image['docker-manifest-digest']
  if (digest !== manifestDigest) throw otherDigest(digest)
}

export const otherDigest = (digest: string): Refused =>
  new Refused(`it is about ${digest.slice(0, 200)}, not about this manifest`, { providedDigest: digest.slice(0, 200) })

/** Throws Refused. */
export function readJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new Refused(`${what} is not JSON`)
  }
}
