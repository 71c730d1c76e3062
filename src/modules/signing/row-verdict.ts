import type { SignatureRow } from './signatures.queries.ts'
import { allowsIdentity, requireStanding, type Trust } from './verification/trust.ts'
import { Refused, type Verdict } from './verification/verdict.ts'

type Known = Pick<SignatureRow, 'signer' | 'keyId' | 'issuer' | 'predicateType' | 'signedAt' | 'seenAt'>

/**
 * When the proof is not there any more (its manifest was deleted or replaced): only who made it can be another question now. A row names a signer only
 * after the proof was found good.
 */
export function verdictOfRow(trust: Trust, row: Known): Verdict {
  if (row.keyId !== null) return keyVerdict(trust, row.keyId, row)
  if (row.signer !== null) return identityVerdict(trust, row)
  return { ...aboutOf(row), status: 'rejected', reason: 'what was sent is not there any more, and it counted for nobody', signer: null }
}

function keyVerdict(trust: Trust, keyId: string, row: Known): Verdict {
  try {
    const key = trust.keys.find(({ id }) => id === keyId)
    if (!key) throw new Refused('the key that made it is not registered')
    requireStanding(trust, key, new Date(row.signedAt ?? row.seenAt))
    return { ...aboutOf(row), status: 'verified', reason: null, signer: { name: row.signer ?? key.name, keyId, issuer: row.issuer } }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { ...aboutOf(row), status: error.status, reason: error.message, signer: null }
  }
}

/** Of a statement whose signature was good: only who made it can be another question now. */
export function identityVerdict(
  trust: Trust,
  { signer, issuer, predicateType, signedAt }: Pick<Known, 'signer' | 'issuer' | 'predicateType' | 'signedAt'>,
): Verdict {
  const subject = signer ?? ''
  const isAllowed = allowsIdentity(trust, { subject, issuer: issuer ?? '' })
  return {
    ...aboutOf({ predicateType, signedAt }),
    status: isAllowed ? 'verified' : 'rejected',
    reason: isAllowed ? null : `the signing policy does not allow the identity ${subject.slice(0, 300)} of ${(issuer ?? '').slice(0, 200)}`,
    signer: { name: subject, keyId: null, issuer },
  }
}

const aboutOf = ({ predicateType, signedAt }: Pick<Known, 'predicateType' | 'signedAt'>) => ({
  predicateType,
  signedAt: signedAt === null ? null : new Date(signedAt),
  providedDigest: null,
})
