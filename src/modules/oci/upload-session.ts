import type { FastifyReply } from 'fastify'
import type { RepositoryRef, UploadSession } from '../artifacts/contract.ts'
import { UploadUnknown } from '../artifacts/errors.ts'
import { admit, type Call, type Services } from './call.ts'

/**
 * The repository of a call about a session, which has to be the one the session was opened for. Throws `artifacts.upload_unknown`. Whose session
 * it is, is up to `Uploads`.
 */
export async function requireSession({ request, operation }: Call<'upload'>, { uploads, door }: Services): Promise<RepositoryRef> {
  const { repository, session: id } = operation
  const ref = admit(request, repository, 'publish')
  if (door.sessions.isAt(id, ref) === undefined) door.sessions.note(await uploads.status(request.principal, id))
  if (door.sessions.isAt(id, ref) !== true) throw new UploadUnknown()
  return ref
}

/** Headers that say where the session is and how far: `range` is `0-0` before the first byte, too. */
export function describeSession(reply: FastifyReply, repository: string, { id, offset }: UploadSession): FastifyReply {
  return reply.headers({
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: uploadedRange(offset),
    'docker-upload-uuid': id,
  })
}

export const uploadedRange = (offset: number): string => `0-${Math.max(0, offset - 1)}`

/** The blob can be pulled from here. */
export const describeBlob = (reply: FastifyReply, repository: string, digest: string): FastifyReply =>
  reply.headers({ location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest, 'content-length': 0 })
