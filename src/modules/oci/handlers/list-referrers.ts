import { admit, type Handle, parameter, requireDigest } from '../call.ts'
import { linkNext, pageSize, sendJson } from '../page.ts'

const indexType = 'application/vnd.oci.image.index.v1+json'

/** GET `/v2/<name>/referrers/<digest>[?artifactType=]`: 200 also when nothing refers to it. */
export const listReferrers: Handle<'referrers'> = async ({ request, reply, operation }, { repositories, door: { settings } }) => {
  const { repository } = operation
  const ref = admit(request, repository, 'read')
  const subject = requireDigest(operation.digest)
  const limit = Math.max(1, pageSize(request, settings.maxReferrersPerPage))
  const [artifactType, after] = [parameter(request, 'artifactType'), parameter(request, 'after')]
  const query = { subject, limit, ...(artifactType !== undefined && { artifactType }), ...(after !== undefined && { after }) }
  const { manifests, next } = await repositories.referrers(request.principal, ref, query)
  if (artifactType !== undefined) reply.header('oci-filters-applied', 'artifactType')
  if (next !== undefined)
    linkNext(reply, `/v2/${repository}/referrers/${subject}`, { artifactType, n: parameter(request, 'n'), after: next })
  return sendJson(reply, { schemaVersion: 2, mediaType: indexType, manifests }, indexType)
}
