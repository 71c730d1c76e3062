import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { isRegistryAdmin } from '../../../../shared/kernel/registry-admin.ts'
import { UserNotFound } from '../../../auth/errors.ts'
import { Profiles } from '../../../auth/logins.contract.ts'

const form = /^org\.couchdb\.user:([a-z0-9-]{1,39})$/

export const findCouchUser = defineHandler({
  method: 'GET',
  url: '/-/user/:user',
  auth: 'read',
  summary: 'A user; its mail address is for itself and for administrators',
  tags: ['npm'],
  schema: {
    params: Type.Object({ user: Type.String() }),
    response: { 200: Type.Object({ _id: Type.String(), name: Type.String(), email: Type.Optional(Type.String()) }) },
  },
  deps: { profiles: Profiles },
  async handle({ params, principal }, { profiles }) {
    const [id, name] = form.exec(params.user) ?? []
    if (id === undefined || name === undefined) throw new UserNotFound()
    const { email, ...user } = await profiles.find(name)
    const mayKnow = user.id === principal.userId || isRegistryAdmin(principal)
    return { _id: id, name, ...(mayKnow && email !== null && { email }) }
  },
})
