import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { CollectionReport } from '../contract.ts'
import { Maintenance } from '../maintenance.service.ts'

export const findCollection = defineHandler({
  method: 'GET',
  url: '/v1/admin/gc',
  auth: 'admin',
  summary: 'What the last garbage collection removed (administrators)',
  tags: ['admin'],
  schema: { response: { 200: Type.Object({ last: Type.Union([CollectionReport, Type.Null()]) }) } },
  deps: { maintenance: Maintenance },
  handle: async ({ principal }, { maintenance }) => ({ last: (await maintenance.lastCollection(principal)) ?? null }),
})
