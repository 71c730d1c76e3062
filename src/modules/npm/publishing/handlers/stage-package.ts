import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import type { Principal } from '../../../../shared/kernel/principal.ts'
import { packageRef } from '../../package-ref.ts'
import { announcedBytes } from '../announced-bytes.ts'
import { PublishInvalid } from '../errors.ts'
import { PackagePublishing } from '../package-publisher.service.ts'
import { PackageStaging } from '../package-stages.service.ts'

/** No one-time password: that is asked of whoever approves. */
export const stagePackage = defineHandler({
  method: 'POST',
  url: '/-/stage/package/:package',
  auth: 'publish',
  summary: 'Stage a version of a package that exists, for somebody to approve',
  tags: ['npm'],
  rawBody: true,
  schema: { params: Type.Object({ package: Type.String() }), response: { 201: Type.Object({ stageId: Type.String() }) } },
  deps: { publisher: PackagePublishing, staging: PackageStaging },
  async handle(request, { publisher, staging }, reply) {
    const principal = asPublisher(request.principal)
    const ref = packageRef(request.params.package)
    const announced = announcedBytes(request)
    await staging.expect(principal, ref)
    const received = await publisher.receive({ principal, body: request.body as Readable, announced }, ref)
    if (received.kind === 'change') throw new PublishInvalid('it has no tarball')
    return reply.code(201).send({ stageId: await staging.add(principal, received.prepared) })
  },
})

/** Here, and nowhere else, a credential that is good for staging alone is good for what its owner may publish. */
const asPublisher = ({ stagesOnly: _stagesOnly, ...principal }: Principal): Principal => principal
