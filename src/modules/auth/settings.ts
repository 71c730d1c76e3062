import { type Static, Type } from '@sinclair/typebox'
import { TrustedIssuers } from './trusted-publishing/settings.ts'

export const AuthSettings = Type.Object({
  registration: Type.Union([Type.Literal('auto'), Type.Literal('open'), Type.Literal('closed')], {
    default: 'auto',
    description: 'Who may create a user: everybody (open) or administrators (closed). auto: open on loopback in development.',
  }),
  adminUsername: Type.String({
    default: 'admin',
    minLength: 1,
    maxLength: 39,
    env: 'REGISTRY_ADMIN_USERNAME',
    description: 'Name of the first administrator, made when there are no users.',
  }),
  adminPassword: Type.String({
    default: '',
    maxLength: 1_000,
    env: 'REGISTRY_ADMIN_PASSWORD',
    description: 'Its password; empty: one is made and shown once.',
  }),
  accessTokenSeconds: Type.Integer({ default: 900, minimum: 30, maximum: 900, description: 'Lifetime of the access token a login gives.' }),
  refreshTokenDays: Type.Integer({ default: 30, minimum: 1, maximum: 365, description: 'A login can be refreshed for so long.' }),
  doorTokenSeconds: Type.Integer({
    default: 300,
    minimum: 60,
    maximum: 3_600,
    description: 'Lifetime of the token that /v2/token gives. Older docker clients need 60 seconds.',
  }),
  doorRememberDays: Type.Integer({
    default: 90,
    minimum: 1,
    maximum: 3_650,
    description: 'Lifetime of the API token that a docker client gets to keep in the place of the password.',
  }),
  npmTokenDays: Type.Integer({
    default: 90,
    minimum: 1,
    maximum: 3_650,
    description: 'Lifetime of the API token that a login with an npm client gives.',
  }),
  trustedIssuers: TrustedIssuers,
  passwordMemoryKib: Type.Integer({
    default: 19_456,
    minimum: 1_024,
    maximum: 1_048_576,
    description: 'Argon2id memory of a password hash.',
  }),
  passwordPasses: Type.Integer({ default: 2, minimum: 1, maximum: 20, description: 'Argon2id passes of a password hash.' }),
  passwordQueue: Type.Integer({
    default: 100,
    minimum: 1,
    maximum: 10_000,
    description: 'Password checks that may wait; more are answered 429.',
  }),
})
export type AuthSettings = Static<typeof AuthSettings>
