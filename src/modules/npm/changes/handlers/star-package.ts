import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Stars } from '../../../metadata/packages.contract.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, PackageParams } from '../package-params.ts'

export const starPackage = defineHandler({
  method: ['PUT', 'DELETE'],
  url: '/-/user/package/:package/star',
  auth: 'publish',
  summary: 'Star a package, or take the star back',
  tags: ['npm'],
  schema: { params: PackageParams, response: { 200: Done } },
  deps: { stars: Stars },
  handle: async (request, { stars }) => {
    await stars.set(request.principal, packageRef(request.params.package), request.method === 'PUT')
    return done
  },
})
