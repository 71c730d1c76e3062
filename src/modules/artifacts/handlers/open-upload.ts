import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import { ArtifactParams } from '../../metadata/artifact-request.contract.ts'
import { Uploads } from '../contract.ts'
import { FormatQuery } from '../names.ts'
import { UploadView, viewUpload } from '../upload-view.ts'

export const openUpload = defineHandler({
  method: 'POST',
  url: '/v1/uploads',
  auth: 'publish',
  summary: 'Open an upload session; size reserves quota',
  tags: ['uploads'],
  schema: {
    body: Type.Object(
      {
        ...ArtifactParams.properties,
        ...FormatQuery.properties,
        size: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
      },
      { additionalProperties: false },
    ),
    response: { 201: UploadView },
  },
  deps: { uploads: Uploads, kernel: KernelInfo },
  async handle({ principal, body }, { uploads, kernel }, reply) {
    const { size, ...target } = body
    return viewUpload(reply.code(201), await uploads.open(principal, target, size), kernel.publicUrl)
  },
})
