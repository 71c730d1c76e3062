import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Ownership } from '../../../metadata/packages.contract.ts'
import { ChangeInvalid } from '../../errors.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, PackageParams } from '../package-params.ts'

const Name = Type.Optional(Type.String({ maxLength: 100 }))
/** Clients agree on the route, not on the name of the field. */
const NewOwner = Type.Object({ username: Name, name: Name, user: Name })

export const addOwner = defineHandler({
  method: ['PUT', 'POST'],
  url: '/-/package/:package/owners',
  auth: 'admin',
  summary: 'Make a user a maintainer of a package',
  tags: ['npm'],
  schema: { params: PackageParams, body: NewOwner, response: { 200: Done } },
  deps: { ownership: Ownership, secondFactor: SecondFactor },
  handle: async (request, { ownership, secondFactor }) => {
    const { username, name = username, user = name } = request.body
    if (user === undefined) throw new ChangeInvalid('say who: {"username":"…"}')
    await requireOtp(request, { secondFactor })
    await ownership.addMaintainer(request.principal, packageRef(request.params.package), user)
    return done
  },
})
