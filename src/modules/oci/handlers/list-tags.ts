import { admit, type Handle, parameter } from '../call.ts'
import { linkNext, pageSize, sendJson } from '../page.ts'

/** GET `/v2/<name>/tags/list[?n=&last=]`. */
export const listTags: Handle<'tags'> = async ({ request, reply, operation }, { repositories, door: { settings } }) => {
  const { repository } = operation
  const ref = admit(request, repository, 'read')
  const limit = pageSize(request, settings.maxTagsPerPage)
  const last = parameter(request, 'last')
  // One more shows whether there is another page; for `n=0` it still asks whether the caller may see the repository.
  const found = await repositories.tags(request.principal, ref, { limit: limit + 1, ...(last !== undefined && { last }) })
  const tags = found.slice(0, limit)
  if (limit > 0 && found.length > limit) linkNext(reply, `/v2/${repository}/tags/list`, { n: String(limit), last: tags.at(-1) })
  return sendJson(reply, { name: repository, tags })
}
