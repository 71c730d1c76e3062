import type { Readable } from 'node:stream'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Tags } from '../../../metadata/contract.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, TagParams } from '../package-params.ts'
import { versionInBody } from '../tag-body.ts'

export const moveDistTag = defineHandler({
  method: ['PUT', 'POST'],
  url: '/-/package/:package/dist-tags/:tag',
  auth: 'publish',
  summary: 'Point a dist-tag to a version',
  tags: ['npm'],
  rawBody: true,
  bodyLimit: 65_536,
  schema: { params: TagParams, response: { 201: Done } },
  deps: { tags: Tags, secondFactor: SecondFactor },
  handle: async (request, { tags, secondFactor }, reply) => {
    await requireOtp(request, { secondFactor })
    const version = await versionInBody(request.body as Readable)
    await tags.move(request.principal, packageRef(request.params.package), { tag: request.params.tag, version })
    return reply.code(201).send(done)
  },
})
