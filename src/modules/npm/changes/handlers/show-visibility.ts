import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Access } from '../../../metadata/packages.contract.ts'
import { packageRef } from '../../package-ref.ts'
import { PackageParams } from '../package-params.ts'

export const showVisibility = defineHandler({
  method: 'GET',
  url: '/-/package/:package/visibility',
  auth: 'anonymous',
  summary: 'Whether everybody may read a package',
  tags: ['npm'],
  schema: { params: PackageParams, response: { 200: Type.Object({ public: Type.Boolean() }) } },
  deps: { access: Access },
  handle: async (request, { access }) => ({ public: await access.isPublic(request.principal, packageRef(request.params.package)) }),
})
