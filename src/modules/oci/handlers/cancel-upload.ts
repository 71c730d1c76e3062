import type { Handle } from '../call.ts'
import { requireSession } from '../upload-session.ts'

/** DELETE `/v2/<name>/blobs/uploads/<session>`. */
export const cancelUpload: Handle<'upload'> = async (call, { uploads, ...services }) => {
  const { request, reply, operation } = call
  await requireSession(call, { uploads, ...services })
  await uploads.cancel(request.principal, operation.session)
  return reply.code(204).send()
}
