import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { type ArtifactFormat, type ArtifactType, allowedFormats, artifactTypes, formatOf } from '../../shared/types/artifact-type.ts'
import { DigestSchema } from '../../shared/types/digest.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import type { PublishTarget } from '../metadata/contract.ts'
import { InvalidPublish } from './errors.ts'
import { readJson } from './json-body.ts'

/** Characters. */
export const maxSignature = 16_384

const PublishDocument = Type.Object(
  {
    type: oneOf(artifactTypes),
    /** Absent: only bytes are published, and nothing about their type is checked. */
    manifest: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    layers: Type.Array(
      Type.Object(
        {
          digest: DigestSchema,
          mediaType: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+(?:; ?[\\x21-\\x7e]+)*$' })),
          title: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
          size: Type.Optional(Type.Integer({ minimum: 0 })),
        },
        { additionalProperties: false },
      ),
      { maxItems: 1_000 },
    ),
    /** As the header `x-signature`. */
    signature: Type.Optional(Type.String({ minLength: 1, maxLength: maxSignature })),
  },
  { additionalProperties: false },
)
type PublishDocument = Static<typeof PublishDocument>
const checker = TypeCompiler.Compile(PublishDocument)

export interface PublishInput {
  readonly params: { readonly namespace: string; readonly name: string; readonly version: string }
  readonly query: { readonly format?: ArtifactFormat }
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
}

const binaryType = 'application/octet-stream'

/** Bytes are left unread in `body`; a JSON document is read here, within its limit. */
export async function publishRequest({ params, query, headers, body }: PublishInput) {
  const mediaType = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (mediaType === binaryType) return blobRequest({ params, query, headers, body })
  if (mediaType === 'application/json') return documentRequest({ params, query, headers, body })
  throw new InvalidPublish('the content type is application/octet-stream (bytes) or application/json (a manifest)')
}

function blobRequest({ params, query, headers, body }: PublishInput) {
  const { namespace, name, version } = params
  const type = typeOf(headers['x-artifact-type'] ?? 'module-binary')
  const digest = headers['x-artifact-digest']
  const sizeBytes = headers['content-length']
  return {
    target: target({ namespace, name, type, query }),
    content: {
      version,
      body,
      metadata: { name, version },
      bare: true as const,
      ...(typeof digest === 'string' && { digest }),
      ...(sizeBytes !== undefined && { sizeBytes: Number(sizeBytes) }),
      ...signatureIn(headers),
    },
  }
}

async function documentRequest({ params, query, headers, body }: PublishInput) {
  const document = await readJson(body)
  const [problem] = checker.Errors(document)
  if (problem) throw new InvalidPublish(`${problem.path || '/'}: ${problem.message}`)
  const { type, manifest, layers, signature } = document as PublishDocument
  const { namespace, name, version } = params
  const description = manifest?.['description']
  return {
    target: { ...target({ namespace, name, type, query }), ...(typeof description === 'string' && { description }) },
    content: {
      version,
      metadata: { name, version, ...manifest },
      ...(manifest === undefined && { bare: true as const }),
      ...signatureIn(headers),
      ...(signature !== undefined && { signature }),
      layers: layers.map(({ mediaType = binaryType, ...layer }) => ({ ...layer, mediaType })),
    },
  }
}

function signatureIn({ 'x-signature': signature }: IncomingHttpHeaders): { readonly signature?: string } {
  return typeof signature === 'string' && signature !== '' ? { signature } : {}
}

function typeOf(header: string | string[]): ArtifactType {
  const type = artifactTypes.find((known) => known === header)
  if (!type) throw new InvalidPublish(`x-artifact-type is one of ${artifactTypes.join(', ')}`)
  return type
}

function target(wanted: { namespace: string; name: string; type: ArtifactType; query: { format?: ArtifactFormat } }): PublishTarget {
  const { namespace, name, type, query } = wanted
  const format = query.format ?? formatOf(type)
  if (!allowedFormats(type).includes(format)) throw new InvalidPublish(`an artifact of type ${type} cannot have the format ${format}`)
  return { namespace, name, type, format }
}
