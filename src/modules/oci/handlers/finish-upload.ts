import { hasBody } from '../../../shared/kernel/http-body.ts'
import { type Handle, parameter, requireDigest } from '../call.ts'
import { chunkOf } from '../upload-chunk.ts'
import { describeBlob, requireSession } from '../upload-session.ts'

/** PUT `/v2/<name>/blobs/uploads/<session>?digest=`, maybe with the last chunk. */
export const finishUpload: Handle<'upload'> = async (call, services) => {
  const { request, reply, operation } = call
  await requireSession(call, services)
  const digest = requireDigest(parameter(request, 'digest'))
  const rest = hasBody(request.headers) ? { rest: chunkOf(request) } : {}
  await services.uploads.finish(request.principal, operation.session, { digest, ...rest })
  return describeBlob(reply, operation.repository, digest).code(201).send()
}
