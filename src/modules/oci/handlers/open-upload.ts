import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseDigest } from '../../../shared/types/digest.ts'
import type { RepositoryRef } from '../../artifacts/contract.ts'
import { admit, type Call, type Handle, parameter, requireDigest, type Services } from '../call.ts'
import { AlgorithmInvalid } from '../errors.ts'
import { parseRepository } from '../repository.ts'
import { chunkOf } from '../upload-chunk.ts'
import { describeBlob, describeSession } from '../upload-session.ts'

/** POST `/v2/<name>/blobs/uploads/`: a session, a whole blob (`?digest=`), or one of another repository (`?mount=`). */
export const openUpload: Handle<'uploads'> = async (call, services) => {
  const { request, operation } = call
  const ref = admit(request, operation.repository, 'publish')
  const mount = parameter(request, 'mount')
  if (mount !== undefined) return (await mountBlob(call, services, { ref, mount })) ?? openSession(call, services, ref)
  const digest = parameter(request, 'digest')
  if (digest !== undefined) return pushBlob(call, services, { ref, digest: requireDigest(digest) })
  requireAlgorithm(request)
  return openSession(call, services, ref)
}

/** Nothing when there is nothing to mount: the client then uploads. An unreadable `from` is not the same as none. */
async function mountBlob(
  { request, reply, operation }: Call<'uploads'>,
  { repositories }: Services,
  { ref, mount }: { ref: RepositoryRef; mount: string },
): Promise<FastifyReply | undefined> {
  const source = parameter(request, 'from')
  const from = source === undefined ? undefined : parseRepository(source)
  if (!parseDigest(mount) || (source !== undefined && !from)) return undefined
  const blob = await repositories.mountBlob(request.principal, ref, { digest: mount, ...(from && { from }) })
  return blob && describeBlob(reply, operation.repository, mount).code(201).send()
}

async function pushBlob(
  { request, reply, operation }: Call<'uploads'>,
  { repositories }: Services,
  { ref, digest }: { ref: RepositoryRef; digest: string },
): Promise<FastifyReply> {
  const { body, sizeBytes } = chunkOf(request)
  await repositories.pushBlob(request.principal, ref, { body, digest, ...(sizeBytes !== undefined && { sizeBytes }) })
  return describeBlob(reply, operation.repository, digest).code(201).send()
}

async function openSession(
  { request, reply, operation }: Call<'uploads'>,
  { uploads, door }: Services,
  ref: RepositoryRef,
): Promise<FastifyReply> {
  const session = door.sessions.note(await uploads.open(request.principal, ref))
  const { chunkMinLength } = door.settings
  if (chunkMinLength > 0) reply.header('oci-chunk-min-length', chunkMinLength)
  return describeSession(reply, operation.repository, session).code(202).header('content-length', 0).send()
}

/** A hint only: a session can end with a digest of either algorithm. */
function requireAlgorithm(request: FastifyRequest): void {
  const algorithm = parameter(request, 'digest-algorithm')
  if (algorithm !== undefined && algorithm !== 'sha256' && algorithm !== 'sha512') throw new AlgorithmInvalid()
}
