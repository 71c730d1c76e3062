import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Stars } from '../../../metadata/packages.contract.ts'
import { ChangeInvalid } from '../../errors.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done } from '../package-params.ts'

const Name = Type.Optional(Type.String({ maxLength: 256 }))

/** What pnpm calls first. */
export const starNamedPackage = defineHandler({
  method: ['PUT', 'DELETE'],
  url: '/-/user/v1/star',
  auth: 'publish',
  summary: 'Star the package the body names, or take the star back',
  tags: ['npm'],
  schema: { body: Type.Object({ name: Name, package: Name }), response: { 200: Done } },
  deps: { stars: Stars },
  handle: async (request, { stars }) => {
    const name = request.body.package ?? request.body.name
    if (name === undefined) throw new ChangeInvalid('say which package: {"package":"…"}')
    await stars.set(request.principal, packageRef(name), request.method === 'PUT')
    return done
  },
})
