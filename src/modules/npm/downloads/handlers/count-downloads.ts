import { Type } from '@sinclair/typebox'
import { keptFor } from '../../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Usage } from '../../../analytics/contract.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { asked, DownloadsParams, packageDownloads } from '../package-downloads.ts'

export const countDownloads = defineHandler({
  method: 'GET',
  url: '/downloads/point/:period/:package',
  auth: 'anonymous',
  summary: 'Downloads of a package in a period of at most 549 days',
  tags: ['npm'],
  rateLimit: { max: 300, windowMs: 60_000 },
  schema: { params: DownloadsParams, response: { 200: Type.Object({ downloads: Type.Integer(), ...asked }) } },
  deps: { catalog: Catalog, usage: Usage },
  async handle({ principal, params }, deps, reply) {
    const found = await packageDownloads(deps, principal, params)
    reply.header('vary', 'authorization').header('cache-control', keptFor(principal))
    return { downloads: found.days.reduce((sum, { downloads }) => sum + downloads, 0), ...found.asked }
  },
})
