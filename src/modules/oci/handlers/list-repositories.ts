import { type Handle, parameter } from '../call.ts'
import { linkNext, pageSize, sendJson } from '../page.ts'
import { repositoryText } from '../repository.ts'
import { requireCatalogAccess } from '../token/require-access.ts'

/** GET `/v2/_catalog[?n=&last=]`: what the caller may see. */
export const listRepositories: Handle<'catalog'> = async ({ request, reply }, { references, door: { settings } }) => {
  requireCatalogAccess(request.principal)
  const limit = pageSize(request, settings.maxRepositoriesPerPage)
  const last = parameter(request, 'last')
  const page = { limit: limit + 1, ...(last !== undefined && { last: placeOf(last) }) }
  const found = limit === 0 ? [] : await references.repositories(request.principal, page)
  const repositories = found.slice(0, limit).map(({ namespace, name }) => repositoryText({ namespace, name, format: 'oci' }))
  if (found.length > limit) linkNext(reply, '/v2/_catalog', { n: String(limit), last: repositories.at(-1) })
  return sendJson(reply, { repositories })
}

/** Any text is a place in the list, whether or not a repository can have that name. */
function placeOf(text: string): { namespace: string; name: string } {
  const slash = text.indexOf('/')
  return slash === -1 ? { namespace: text, name: '' } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}
