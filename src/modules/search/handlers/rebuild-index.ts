import { defineHandler } from '../../../shared/kernel/handler.ts'
import { RebuildView } from '../rebuild-view.ts'
import { Rebuilds } from '../rebuilds.ts'

export const rebuildIndex = defineHandler({
  method: 'POST',
  url: '/v1/admin/search/rebuild',
  auth: 'admin',
  summary: 'Have a worker index every artifact anew (administrators); searches are answered meanwhile, and a second one is refused',
  tags: ['admin'],
  schema: { response: { 202: RebuildView } },
  deps: { rebuilds: Rebuilds },
  async handle({ principal }, { rebuilds }, reply) {
    const progress = await rebuilds.request(principal)
    reply.code(202)
    return progress
  },
})
