import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Ownership } from '../../../metadata/packages.contract.ts'
import { packageRef } from '../../package-ref.ts'
import { PackageParams, Permissions, permissionsOf } from '../package-params.ts'

export const listCollaborators = defineHandler({
  method: 'GET',
  url: '/-/package/:package/collaborators',
  auth: 'anonymous',
  summary: 'Who may publish a package, and to its publishers also who may read it',
  tags: ['npm'],
  schema: {
    params: PackageParams,
    querystring: Type.Object({ format: Type.Optional(Type.String()), user: Type.Optional(Type.String()) }),
    response: { 200: Permissions },
  },
  deps: { ownership: Ownership },
  handle: async (request, { ownership }) => {
    const { user } = request.query
    const found = [...(await ownership.collaborators(request.principal, packageRef(request.params.package)))]
    return permissionsOf(user === undefined ? found : found.filter(([name]) => name === user))
  },
})
