import { type Static, Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import type { Principal } from '../../../../shared/kernel/principal.ts'
import { oneOf } from '../../../../shared/types/one-of.ts'
import { Profiles, SecondFactor } from '../../../auth/logins.contract.ts'
import { ProfileKeyUnsupported } from '../errors.ts'
import { ProfileView, profileView, SecondFactorView } from '../profile-view.ts'
import { Email, NewPassword, Password, smallBody, Text } from '../schemas.ts'
import { requireOtp } from '../second-factor.ts'

const nullable = <S extends Parameters<typeof Type.Optional>[0]>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]))
const Factor = Type.Object({ password: Password, mode: oneOf(['auth-only', 'auth-and-writes', 'disable']) })
const Code = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 1 })
/** npm sends all of these with every change; what has no value is null. */
const unkept = ['homepage', 'freenode', 'twitter', 'github'] as const

const Body = Type.Object({
  email: nullable(Email),
  fullname: nullable(Text),
  password: nullable(Type.Object({ old: Password, new: NewPassword })),
  ...{ homepage: nullable(Text), freenode: nullable(Text), twitter: nullable(Text), github: nullable(Text) },
  tfa: nullable(Type.Union([Factor, Code])),
})

export const changeProfile = defineHandler({
  method: 'POST',
  url: '/-/npm/v1/user',
  auth: 'admin',
  summary: 'Change the own profile, password or second factor (npm profile set, enable-2fa, disable-2fa)',
  tags: ['npm'],
  ...smallBody,
  schema: {
    body: Body,
    response: {
      200: Type.Union([
        ProfileView,
        Type.Object({ tfa: Type.Union([Type.String(), Type.Array(Type.String()), SecondFactorView, Type.Null()]) }),
      ]),
    },
  },
  deps: { profiles: Profiles, secondFactor: SecondFactor },
  async handle(request, deps, reply) {
    const { principal, body } = request
    reply.header('cache-control', 'no-store')
    await requireOtp(request, deps, 'authenticate')
    if (body.tfa) return { tfa: await changeFactor(principal, body.tfa, deps.secondFactor) }
    for (const key of unkept) if (body[key]) throw new ProfileKeyUnsupported(key)
    const user = await deps.profiles.change(principal, changeOf(body))
    return profileView(user, await deps.secondFactor.state(principal))
  },
})

const changeOf = ({ email, fullname, password }: Static<typeof Body>) => ({
  ...(email && { email }),
  ...(fullname && { displayName: fullname }),
  ...(password && { password: password.new, currentPassword: password.old }),
})

/** What npm reads: a URI to scan, recovery codes after the first code of it, or the new state. */
async function changeFactor(principal: Principal, wanted: Static<typeof Factor> | string[], secondFactor: SecondFactor) {
  if (Array.isArray(wanted)) return secondFactor.confirm(principal, wanted[0] ?? '')
  const { password, mode } = wanted
  if (mode === 'disable') {
    await secondFactor.disable(principal, password)
    return null
  }
  return (await secondFactor.enroll(principal, { password, mode })) ?? { mode, pending: false }
}
