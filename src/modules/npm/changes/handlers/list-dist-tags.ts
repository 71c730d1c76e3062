import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { Changes } from '../../../metadata/packages.contract.ts'
import { PackageNotFound } from '../../errors.ts'
import { packageRef } from '../../package-ref.ts'
import { PackageParams } from '../package-params.ts'

export const listDistTags = defineHandler({
  method: 'GET',
  url: '/-/package/:package/dist-tags',
  auth: 'anonymous',
  summary: 'Version by dist-tag',
  tags: ['npm'],
  schema: { params: PackageParams, response: { 200: Type.Record(Type.String(), Type.String()) } },
  deps: { catalog: Catalog, changes: Changes },
  handle: async (request, { catalog, changes }) => {
    const located = await catalog.locate(request.principal, packageRef(request.params.package), 'read')
    const tags = await changes.tags(located)
    // All versions are gone, and with them the package.
    if (tags.size === 0) throw new PackageNotFound()
    return Object.fromEntries(tags)
  },
})
