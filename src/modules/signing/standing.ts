import { isSigningType } from '../../shared/types/signature-statement.ts'
import type { SigningPolicy } from './publisher.contract.ts'
import type { StandingRow } from './signatures.queries.ts'

const isSignature = ({ predicateType }: StandingRow): boolean => predicateType === null || isSigningType(predicateType)

/** Why a manifest has not what the policy wants; null when it has. All has to be there for one and the same manifest: itself, or an index that lists it. */
export function unmetBy(
  rows: readonly StandingRow[],
  { requiredPredicateTypes }: Pick<SigningPolicy, 'requiredPredicateTypes'>,
): string | null {
  const groups = Map.groupBy(rows, ({ manifestDigest }) => manifestDigest)
  const reasons = [...groups.values()].map((group) => unmetByGroup(group, requiredPredicateTypes))
  if (reasons.includes(null)) return null
  return reasons[0] ?? 'it has no signature yet'
}

function unmetByGroup(group: readonly StandingRow[], required: readonly string[]): string | null {
  const verified = group.filter(({ status }) => status === 'verified')
  if (!verified.some(isSignature)) {
    const worst = group.find(isSignature)
    return worst ? `its signature is ${worst.status}: ${worst.reason ?? ''}` : 'it has attestations, but no signature yet'
  }
  const missing = required.find((type) => !verified.some(({ predicateType }) => predicateType === type))
  return missing === undefined ? null : `it has no verified attestation of the type ${missing}`
}
