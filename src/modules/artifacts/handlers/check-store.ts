import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { FsckReport } from '../fsck.contract.ts'
import { Maintenance } from '../maintenance.service.ts'

export const checkStore = defineHandler({
  method: 'GET',
  url: '/v1/admin/fsck',
  auth: 'admin',
  summary: 'Compare rows, references and bytes (administrators); repairs are for the command line',
  tags: ['admin'],
  schema: {
    querystring: Type.Object({ bytes: Type.Boolean({ default: true, description: 'Read every copy and compare digests.' }) }),
    response: { 200: FsckReport },
  },
  deps: { maintenance: Maintenance },
  handle: ({ principal, query }, { maintenance }) => maintenance.check(principal, { bytes: query.bytes }),
})
