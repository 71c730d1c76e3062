import { defineHandler } from '../../../shared/kernel/handler.ts'
import { CollectionReport } from '../contract.ts'
import { Maintenance } from '../maintenance.service.ts'

export const collectGarbage = defineHandler({
  method: 'POST',
  url: '/v1/admin/gc',
  auth: 'admin',
  summary: 'Collect garbage now (administrators)',
  tags: ['admin'],
  schema: { response: { 200: CollectionReport } },
  deps: { maintenance: Maintenance },
  handle: ({ principal }, { maintenance }) => maintenance.collect(principal),
})
