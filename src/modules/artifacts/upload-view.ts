import { type Static, Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import type { UploadSession } from './contract.ts'

export const UploadParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

export const UploadView = Type.Object({
  id: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  offset: Type.Integer({ description: 'Durable bytes; the next chunk starts here.' }),
  expiresAt: Type.String(),
  location: Type.String(),
})
export type UploadView = Static<typeof UploadView>

/** Also as headers, with which a client can go on without a body: `range` as in the OCI distribution-spec, and `upload-offset`. */
export function viewUpload(reply: FastifyReply, session: UploadSession, publicUrl: string): UploadView {
  const location = `${publicUrl}/v1/uploads/${session.id}`
  reply.headers({ location, 'upload-offset': session.offset, ...(session.offset > 0 && { range: `0-${session.offset - 1}` }) })
  return { ...session, location }
}
