import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Uploads } from '../contract.ts'
import { UploadParams } from '../upload-view.ts'

export const cancelUpload = defineHandler({
  method: 'DELETE',
  url: '/v1/uploads/:id',
  auth: 'publish',
  summary: 'Drop an upload session and its bytes',
  tags: ['uploads'],
  schema: { params: UploadParams, response: { 204: Type.Null({ description: 'Done.' }) } },
  deps: { uploads: Uploads },
  async handle({ principal, params }, { uploads }, reply) {
    await uploads.cancel(principal, params.id)
    return reply.code(204).send()
  },
})
