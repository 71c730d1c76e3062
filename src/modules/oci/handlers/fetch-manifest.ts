import { isUnchanged } from '../../../shared/types/entity-tag.ts'
import { admit, type Handle, requireDigest } from '../call.ts'
import { noteNamespace } from '../source-namespace.ts'
import { warningHeaders } from '../warnings.ts'

/** GET and HEAD `/v2/<name>/manifests/<reference>`: the bytes as they were pushed, whatever `Accept` says, because a digest names bytes. */
export const fetchManifest: Handle<'manifest'> = async ({ request, reply, operation }, { repositories }) => {
  const ref = admit(request, operation.repository, 'read')
  const { reference } = operation
  if (reference.includes(':')) requireDigest(reference)
  const manifest = await repositories.manifest(request.principal, ref, reference)
  const { digest, mediaType, content, warnings } = manifest
  const etag = `"${digest}"`
  reply.header('docker-content-digest', digest).header('etag', etag)
  if (warnings.length > 0) reply.header('warning', warningHeaders(warnings))
  noteNamespace(request, reply)
  if (isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
  reply.type(mediaType).header('content-length', content.length)
  if (request.method === 'HEAD') return reply.send()
  repositories.count(manifest)
  return reply.send(content)
}
