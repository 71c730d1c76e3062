import type { Handle } from '../call.ts'
import { chunkOf } from '../upload-chunk.ts'
import { describeSession, requireSession } from '../upload-session.ts'

/** PATCH `/v2/<name>/blobs/uploads/<session>`: a chunk with `content-range`, a stream without. */
export const appendUpload: Handle<'upload'> = async (call, services) => {
  const { request, reply, operation } = call
  await requireSession(call, services)
  const session = await services.uploads.append(request.principal, operation.session, chunkOf(request))
  return describeSession(reply, operation.repository, session).code(202).header('content-length', 0).send()
}
