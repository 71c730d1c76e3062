import type { Readable } from 'node:stream'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Catalog, Versions } from '../../../metadata/contract.ts'
import { Changes, Ownership, Stars } from '../../../metadata/packages.contract.ts'
import { Packuments } from '../../../packuments/contract.ts'
import { NpmDoor } from '../../door.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { applyRevision } from '../apply-packument.ts'
import { Done, done, RevisionParams } from '../package-params.ts'
import { readChange } from '../packument-change.ts'

export const changePackage = defineHandler({
  method: 'PUT',
  url: '/:package/-rev/:rev',
  auth: 'publish',
  summary: 'Put a package document back: without a version to unpublish it, with other maintainers, or with other deprecations',
  tags: ['npm'],
  rawBody: true,
  schema: { params: RevisionParams, response: { 200: Done } },
  deps: {
    ...{ changes: Changes, versions: Versions, catalog: Catalog, ownership: Ownership, stars: Stars },
    ...{ packuments: Packuments, secondFactor: SecondFactor, door: NpmDoor },
  },
  handle: async (request, { secondFactor, door, ...deps }) => {
    const { principal, params } = request
    const ref = packageRef(params.package)
    await requireOtp(request, { secondFactor })
    // Before a body of that size is read.
    await deps.catalog.locate(principal, ref, 'read')
    const change = await readChange(request.body as Readable, door.settings)
    await applyRevision({ principal, ref }, { ...change, _rev: params.rev }, deps)
    return done
  },
})
