import { admit, type Handle, requireDigest } from '../call.ts'

/** DELETE `/v2/<name>/manifests/<reference>`: a digest with every tag to it, a tag alone. */
export const deleteManifest: Handle<'manifest'> = async ({ request, reply, operation }, { repositories }) => {
  const { repository, reference } = operation
  const ref = admit(request, repository, 'publish')
  if (reference.includes(':')) await repositories.deleteManifest(request.principal, ref, requireDigest(reference))
  else await repositories.deleteTag(request.principal, ref, reference)
  return reply.code(202).send()
}
