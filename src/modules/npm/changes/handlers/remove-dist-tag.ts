import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Catalog, Tags } from '../../../metadata/contract.ts'
import { LatestStays } from '../../errors.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, TagParams } from '../package-params.ts'

export const removeDistTag = defineHandler({
  method: 'DELETE',
  url: '/-/package/:package/dist-tags/:tag',
  auth: 'publish',
  summary: 'Remove a dist-tag',
  tags: ['npm'],
  schema: { params: TagParams, response: { 200: Done } },
  deps: { catalog: Catalog, tags: Tags, secondFactor: SecondFactor },
  handle: async (request, { catalog, tags, secondFactor }) => {
    const { principal, params } = request
    await requireOtp(request, { secondFactor })
    const ref = packageRef(params.package)
    await catalog.locate(principal, ref, 'publish')
    if (params.tag === 'latest') throw new LatestStays()
    await tags.remove(principal, ref, { tag: params.tag })
    return done
  },
})
