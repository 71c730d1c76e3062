import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { hasBody } from '../../../shared/kernel/http-body.ts'
import { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import { DigestSchema } from '../../../shared/types/digest.ts'
import { Uploads } from '../contract.ts'
import { chunkOf } from '../upload-chunk.ts'
import { UploadParams } from '../upload-view.ts'

export const finishUpload = defineHandler({
  method: 'PUT',
  url: '/v1/uploads/:id',
  auth: 'publish',
  summary: 'Finish an upload session; the body may be the last chunk',
  tags: ['uploads'],
  rawBody: true,
  schema: {
    params: UploadParams,
    querystring: Type.Object({ digest: DigestSchema }),
    response: { 201: Type.Object({ digest: Type.String(), sizeBytes: Type.Integer(), location: Type.String() }) },
  },
  deps: { uploads: Uploads, kernel: KernelInfo },
  async handle({ principal, params: { id }, query, headers, body }, { uploads, kernel }, reply) {
    const rest = hasBody(headers) ? { rest: chunkOf(headers, body as Readable) } : {}
    const { namespace, name, digest, sizeBytes } = await uploads.finish(principal, id, { digest: query.digest, ...rest })
    const location = `${kernel.publicUrl}/v1/artifacts/${namespace}/${encodeURIComponent(name)}/-/blobs/${digest}`
    return reply.code(201).header('location', location).send({ digest, sizeBytes, location })
  },
})
