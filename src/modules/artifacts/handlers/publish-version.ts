import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import { Publishing } from '../contract.ts'
import { FormatQuery, VersionParams } from '../names.ts'
import { maxSignature, publishRequest } from '../publish-request.ts'

const Published = Type.Object({ uploadId: Type.String(), status: Type.String(), location: Type.String(), digest: Type.String() })

export const publishVersion = defineHandler({
  method: 'POST',
  url: '/v1/artifacts/:namespace/:name/:version',
  auth: 'publish',
  summary: 'Publish a version: one blob (application/octet-stream) or a manifest of uploaded blobs (application/json)',
  tags: ['artifacts'],
  rawBody: true,
  schema: {
    params: VersionParams,
    querystring: FormatQuery,
    headers: Type.Object({
      'x-artifact-type': Type.Optional(Type.String({ maxLength: 32 })),
      'x-artifact-digest': Type.Optional(Type.String({ maxLength: 140 })),
      'x-signature': Type.Optional(Type.String({ maxLength: maxSignature })),
    }),
    response: { 201: Published, 202: Published },
  },
  deps: { publishing: Publishing, kernel: KernelInfo },
  async handle(request, { publishing, kernel }, reply) {
    const { params, query, headers, body, principal } = request
    const wanted = await publishRequest({ params, query, headers, body: body as Readable })
    const { namespace, name, version, uploadId } =
      'layers' in wanted.content
        ? await publishing.publishManifest(principal, wanted.target, wanted.content)
        : await publishing.publishBlob(principal, wanted.target, wanted.content)
    const location = `${kernel.publicUrl}/v1/artifacts/${namespace}/${encodeURIComponent(name)}/${encodeURIComponent(version.version)}`
    const status = version.state === 'pending' ? 'pending' : 'completed'
    return reply
      .code(status === 'pending' ? 202 : 201)
      .header('location', location)
      .send({ uploadId, status, location, digest: version.manifestDigest })
  },
})
