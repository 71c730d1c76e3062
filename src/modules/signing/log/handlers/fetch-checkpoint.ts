import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { TransparencyLog } from '../transparency-log.service.ts'

export const fetchCheckpoint = defineHandler({
  method: 'GET',
  url: '/v1/log/checkpoint',
  auth: 'anonymous',
  summary: 'Size and root of the log of versions, signed (C2SP tlog-checkpoint)',
  tags: ['log'],
  schema: { response: { 200: Type.String() } },
  deps: { transparencyLog: TransparencyLog },
  async handle(_request, { transparencyLog }, reply) {
    const { note } = await transparencyLog.head()
    return reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8').send(note)
  },
})
