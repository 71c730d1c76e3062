import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { TileNotFound } from '../errors.ts'
import { parseTilePath } from '../tile-path.ts'
import { TransparencyLog } from '../transparency-log.service.ts'

export const fetchTile = defineHandler({
  method: 'GET',
  url: '/v1/log/tile/*',
  auth: 'anonymous',
  summary: 'Hashes or entries of the log, 256 at a time (C2SP tlog-tiles)',
  tags: ['log'],
  schema: { params: Type.Object({ '*': Type.String({ description: '`<level>/<index>[.p/<width>]`; level `entries` for entries.' }) }) },
  deps: { transparencyLog: TransparencyLog },
  async handle({ params }, { transparencyLog }, reply) {
    const path = parseTilePath(params['*'])
    if (!path) throw new TileNotFound()
    const bytes = await transparencyLog.tile(path)
    // The hashes that a path of a width names never change, also at the right edge.
    return reply.header('cache-control', 'public, max-age=31536000, immutable').type('application/octet-stream').send(bytes)
  },
})
