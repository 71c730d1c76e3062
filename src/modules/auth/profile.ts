import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import type { UserRow } from './users.service.ts'

export const Profile = Type.Object({
  id: Type.String(),
  username: Type.String(),
  displayName: Type.String(),
  verified: Type.Boolean(),
  createdAt: Type.String(),
  email: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  isAdmin: Type.Optional(Type.Boolean()),
  state: Type.Optional(Type.String()),
})
export type Profile = Static<typeof Profile>

/** What everybody may know of a user, and the rest for itself and for administrators. */
export function profileFor(caller: Principal, { email, isAdmin, state, ...shown }: UserRow): Profile {
  return caller.userId === shown.id || isRegistryAdmin(caller) ? { ...shown, email, isAdmin, state } : shown
}
