import { defineHandler } from '../../../shared/kernel/handler.ts'
import { RebuildView } from '../rebuild-view.ts'
import { Rebuilds } from '../rebuilds.ts'

export const showRebuild = defineHandler({
  method: 'GET',
  url: '/v1/admin/search/rebuild',
  auth: 'admin',
  summary: 'How far the last rebuild of the search is (administrators)',
  tags: ['admin'],
  schema: { response: { 200: RebuildView } },
  deps: { rebuilds: Rebuilds },
  handle: ({ principal }, { rebuilds }) => rebuilds.progress(principal),
})
