import { admit, type Handle, requireDigest } from '../call.ts'

/** DELETE `/v2/<name>/blobs/<digest>`: out of this repository only. */
export const deleteBlob: Handle<'blob'> = async ({ request, reply, operation }, { repositories }) => {
  const ref = admit(request, operation.repository, 'publish')
  await repositories.deleteBlob(request.principal, ref, requireDigest(operation.digest))
  return reply.code(202).send()
}
