import type { Readable } from 'node:stream'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import { Uploads } from '../contract.ts'
import { chunkOf } from '../upload-chunk.ts'
import { UploadParams, UploadView, viewUpload } from '../upload-view.ts'

export const appendUpload = defineHandler({
  method: 'PATCH',
  url: '/v1/uploads/:id',
  auth: 'publish',
  summary: 'Append a chunk; content-range says where the sender thinks it starts',
  tags: ['uploads'],
  rawBody: true,
  schema: { params: UploadParams, response: { 202: UploadView } },
  deps: { uploads: Uploads, kernel: KernelInfo },
  async handle({ principal, params, headers, body }, { uploads, kernel }, reply) {
    const session = await uploads.append(principal, params.id, chunkOf(headers, body as Readable))
    return viewUpload(reply.code(202), session, kernel.publicUrl)
  },
})
