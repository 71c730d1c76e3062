import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { BadExchange } from '../../../shared/kernel/http-errors.ts'
import { isTagName } from '../../../shared/types/tag-name.ts'
import { admit, type Handle, parameters, requireDigest } from '../call.ts'
import { TagInvalid } from '../errors.ts'
import { readWhole } from '../read-whole.ts'
import { warningHeaders } from '../warnings.ts'

const withoutParameters = /^[^;]*/

/** PUT `/v2/<name>/manifests/<reference>[?tag=…]`. */
export const pushManifest: Handle<'manifest'> = async (
  { request, reply, operation },
  { repositories, door: { settings, manifestBytes } },
) => {
  const { repository, reference } = operation
  const ref = admit(request, repository, 'publish')
  const digest = reference.includes(':') ? requireDigest(reference) : undefined
  const extra = tagsOf(request, settings.maxTagsPerPut)
  const tags = digest === undefined ? [...new Set([requireTag(reference), ...extra])] : extra
  // The body is held in memory: not for somebody who may not push, and not for everybody at once.
  await repositories.checkPush(request.principal, ref)
  const announced = request.headers['content-length']
  const maxBytes = settings.maxManifestSize
  const mediaType = withoutParameters.exec(request.headers['content-type'] ?? '')?.[0].trim() ?? ''
  const pushed = await manifestBytes.use(Math.min(Number(announced ?? maxBytes), maxBytes), async () => {
    const content = await readWhole(request.body as Readable, { announced, maxBytes })
    return repositories.pushManifest(request.principal, ref, { mediaType, content, tags, ...(digest && { digest }) })
  })
  reply.code(201).header('location', `/v2/${repository}/manifests/${pushed.digest}`).header('docker-content-digest', pushed.digest)
  if (pushed.subject !== undefined) reply.header('oci-subject', pushed.subject)
  if (extra.length > 0) reply.header('oci-tag', extra)
  if (pushed.waits) reply.header('warning', warningHeaders([`the tags wait: ${pushed.waits.join('; ')}`]))
  return reply.header('content-length', 0).send()
}

/** Throws TagInvalid, or 414 when there are too many. */
function tagsOf(request: FastifyRequest, max: number): readonly string[] {
  const tags = [...new Set(parameters(request, 'tag'))]
  if (tags.length > max) throw new BadExchange(414, 'oci.too_many_tags', `one push may name ${max} tags`)
  return tags.map(requireTag)
}

function requireTag(text: string): string {
  if (!isTagName('oci', text)) throw new TagInvalid()
  return text
}
