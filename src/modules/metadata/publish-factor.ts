import type { Principal } from '../../shared/kernel/principal.ts'
import type { SecondFactor } from '../auth/logins.contract.ts'
import type { Artifact } from './contract.ts'

/** What the artifact asks of whoever changes it. A door that can ask for a code has done so by now; the others let nobody in who would have needed one. */
export async function requireFactor(secondFactor: SecondFactor, principal: Principal, { publishFactor }: Artifact): Promise<void> {
  if (publishFactor === 'none') return
  await secondFactor.require(principal, { otp: undefined, action: publishFactor === 'always' ? 'always' : 'demanded' })
}
