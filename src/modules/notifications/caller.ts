import { AuthRequired } from '../../shared/kernel/http-errors.ts'
import type { Principal } from '../../shared/kernel/principal.ts'

/** Throws AuthRequired for an anonymous caller. */
export function userIdOf({ userId }: Principal): string {
  if (userId === undefined) throw new AuthRequired()
  return userId
}
