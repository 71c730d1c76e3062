import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Ownership } from '../../../metadata/packages.contract.ts'
import { packageRef } from '../../package-ref.ts'
import { PackageParams } from '../package-params.ts'

const Owner = Type.Object({ username: Type.String(), name: Type.String(), email: Type.String() })

export const listOwners = defineHandler({
  method: 'GET',
  url: '/-/package/:package/owners',
  auth: 'anonymous',
  summary: 'Maintainers of a package',
  tags: ['npm'],
  schema: { params: PackageParams, response: { 200: Type.Array(Owner) } },
  deps: { ownership: Ownership },
  handle: async (request, { ownership }) => {
    const names = await ownership.maintainers(request.principal, packageRef(request.params.package))
    // Addresses are private; pnpm prints the field, so it is there.
    return names.map((name) => ({ username: name, name, email: '' }))
  },
})
