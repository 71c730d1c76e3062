import { type Static, Type } from '@sinclair/typebox'
import type { Profiles, SecondFactor } from '../../auth/logins.contract.ts'

export const SecondFactorView = Type.Object({ mode: Type.String(), pending: Type.Boolean() })

export const ProfileView = Type.Object({
  name: Type.String(),
  email: Type.Union([Type.String(), Type.Null()]),
  email_verified: Type.Boolean(),
  fullname: Type.String(),
  tfa: Type.Union([SecondFactorView, Type.Null()]),
  cidr_whitelist: Type.Null(),
  created: Type.String(),
  updated: Type.String(),
})

type User = Awaited<ReturnType<Profiles['find']>>
type Factor = Awaited<ReturnType<SecondFactor['state']>>

export const profileView = ({ username, email, displayName, createdAt }: User, tfa: Factor): Static<typeof ProfileView> => ({
  ...{ name: username, email, email_verified: false, fullname: displayName },
  ...{ tfa: tfa ?? null, cidr_whitelist: null, created: createdAt, updated: createdAt },
})
