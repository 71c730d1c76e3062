import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { IndexUpkeep } from '../index-upkeep.ts'

export const rebuildIndex = defineHandler({
  method: 'POST',
  url: '/v1/admin/search/rebuild',
  auth: 'admin',
  summary: 'Index every artifact anew (administrators); searches are answered meanwhile',
  tags: ['admin'],
  schema: { response: { 200: Type.Object({ documents: Type.Integer({ description: 'Artifacts that can be found.' }) }) } },
  deps: { upkeep: IndexUpkeep },
  handle: ({ principal }, { upkeep }) => upkeep.rebuild(principal),
})
