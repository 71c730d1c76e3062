import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

const Descriptor = Type.Object({
  mediaType: Type.Optional(Type.String()),
  digest: Type.String({ maxLength: 135 }),
  size: Type.Integer({ minimum: 0 }),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
})
const Document = Type.Object({
  artifactType: Type.Optional(Type.String()),
  config: Type.Optional(Descriptor),
  layers: Type.Optional(Type.Array(Descriptor)),
  manifests: Type.Optional(Type.Array(Descriptor)),
  subject: Type.Optional(Descriptor),
})
export type LayerDescriptor = Static<typeof Descriptor>
export type Document = Static<typeof Document>

const derivedTag = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/

/** Undefined for what is no manifest that this module understands: it was accepted by rules of its own. */
export function readDocument(content: Buffer): Document | undefined {
  try {
    const value: unknown = withoutNulls(JSON.parse(content.toString('utf8')))
    return Value.Check(Document, value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What Go writes for an empty list is `null`. */
const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)) : value

/** Digest in the tag that clients without referrers give to what is about a manifest. */
export function subjectOfTag(tag: string): string | undefined {
  const [, hex] = derivedTag.exec(tag) ?? []
  return hex === undefined ? undefined : `sha256:${hex}`
}
