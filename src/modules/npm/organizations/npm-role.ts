import { oneOf } from '../../../shared/types/one-of.ts'
import type { Role } from '../../auth/contract.ts'

export const NpmRole = oneOf(['developer', 'admin', 'owner'])
export type NpmRole = 'developer' | 'admin' | 'owner'

/** npm knows nobody who may only read; such a member is shown as a developer. */
export const npmRole = (role: Role): NpmRole => (role === 'owner' || role === 'admin' ? role : 'developer')
export const roleOf = (role: NpmRole): Role => (role === 'developer' ? 'write' : role)
