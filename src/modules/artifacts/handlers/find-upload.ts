import { defineHandler } from '../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import { Uploads } from '../contract.ts'
import { UploadParams, UploadView, viewUpload } from '../upload-view.ts'

export const findUpload = defineHandler({
  method: ['GET', 'HEAD'],
  url: '/v1/uploads/:id',
  auth: 'publish',
  summary: 'How far an upload session is',
  tags: ['uploads'],
  schema: { params: UploadParams, response: { 200: UploadView } },
  deps: { uploads: Uploads, kernel: KernelInfo },
  handle: async ({ principal, params }, { uploads, kernel }, reply) =>
    viewUpload(reply.header('cache-control', 'no-store'), await uploads.status(principal, params.id), kernel.publicUrl),
})
