import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { oneOf } from '../../../shared/types/one-of.ts'
import { Scans } from '../scans.contract.ts'
import { FormatQuery, ScanParams, scanRefOf } from './scan-route.ts'

const mediaTypes = { cyclonedx: 'application/vnd.cyclonedx+json', spdx: 'application/spdx+json' } as const

export const fetchSbom = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/sbom',
  auth: 'anonymous',
  summary: 'Packages found by the last scan, as CycloneDX 1.6 or SPDX 2.3',
  tags: ['scanning'],
  schema: {
    params: ScanParams,
    querystring: Type.Object({ ...FormatQuery.properties, as: oneOf(['cyclonedx', 'spdx'], { default: 'cyclonedx' }) }),
  },
  deps: { scans: Scans },
  async handle(request, { scans }, reply) {
    const { as } = request.query
    const document = await scans.sbom(request.principal, scanRefOf(request), as)
    return reply.header('content-type', mediaTypes[as]).send(JSON.stringify(document))
  },
})
