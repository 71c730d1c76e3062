import { type TString, Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { ApiTokens, Logins } from '../../../auth/logins.contract.ts'
import { UserMismatch } from '../errors.ts'
import { Email, LoginName, Password, smallBody } from '../schemas.ts'
import { otpOf } from '../second-factor.ts'

const Body = Type.Object({
  name: LoginName,
  password: Password,
  email: Type.Optional(Type.Union([Email, Type.Literal(''), Type.Null()])),
})

const logInAt = (url: string, more: Record<string, TString> = {}) =>
  defineHandler({
    method: 'PUT',
    url,
    auth: 'anonymous',
    ignoresCredentials: true,
    rateLimit: { max: 100, windowMs: 60_000 },
    summary: 'Name and password to an API token, as CouchDB had it; a new name becomes a user where registration is open',
    tags: ['npm'],
    ...smallBody,
    schema: {
      params: Type.Object({ user: Type.String(), ...more }),
      body: Body,
      response: { 201: Type.Object({ ok: Type.Literal(true), id: Type.String(), rev: Type.String(), token: Type.String() }) },
    },
    deps: { logins: Logins, tokens: ApiTokens },
    async handle({ params, body, headers }, { logins, tokens }, reply) {
      const id = `org.couchdb.user:${body.name}`
      if (params.user !== id) throw new UserMismatch()
      const credential = { username: body.name, password: body.password, otp: otpOf(headers) }
      const principal = await logins.logInOrRegister(credential, body.email || null)
      // A token in the place of the password stays the token: nobody makes one that outlives its revocation.
      const isToken = principal.grantId !== undefined
      const name = `npm login ${new Date().toISOString().slice(0, 10)}`
      const token = isToken ? body.password : await tokens.createForLogin(principal, name)
      reply.code(201).header('cache-control', 'no-store')
      return { ok: true as const, id, rev: `1-${principal.userId?.replaceAll('-', '')}`, token }
    },
  })

export const logInCouch = logInAt('/-/user/:user')
/** After a conflict, which this registry never answers a login with; old clients may still come here. */
export const logInCouchRevision = logInAt('/-/user/:user/-rev/:rev', { rev: Type.String() })
