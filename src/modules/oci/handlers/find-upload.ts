import type { Handle } from '../call.ts'
import { describeSession, requireSession } from '../upload-session.ts'

/** GET `/v2/<name>/blobs/uploads/<session>`: how far it is. */
export const findUpload: Handle<'upload'> = async (call, services) => {
  const { request, reply, operation } = call
  await requireSession(call, services)
  const session = await services.uploads.status(request.principal, operation.session)
  return describeSession(reply, operation.repository, session).code(204).header('cache-control', 'no-store').send()
}
