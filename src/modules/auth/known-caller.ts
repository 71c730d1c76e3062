import { AuthRequired } from '../../shared/kernel/http-errors.ts'
import type { Principal } from '../../shared/kernel/principal.ts'

export interface KnownCaller extends Principal {
  readonly userId: string
  readonly username: string
}

/** Throws AuthRequired for an anonymous caller. */
export function knownCaller(principal: Principal): KnownCaller {
  const { userId, username } = principal
  if (userId === undefined || username === undefined) throw new AuthRequired()
  return { ...principal, userId, username }
}
