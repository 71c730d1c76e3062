import { identityOf } from './purl-match.ts'
import type { VexSubject } from './statement.ts'

/** Whether a name is one of the artifact itself: its digest, or its package URL, which may name no version but this one. */
export function isAbout(id: string, { manifestDigest, purls, versions }: VexSubject): boolean {
  if (id.includes(manifestDigest)) return true
  const identity = identityOf(id)
  if (!identity) return false
  // A digest is the artifact whatever it is called.
  if (identity.version === manifestDigest) return true
  const isThisVersion = identity.version === undefined || versions.includes(identity.version)
  return isThisVersion && isNamed(identity.package, purls)
}

/** Whether it is the artifact in a version that is not this one. */
export function isOtherVersion(id: string, subject: VexSubject): boolean {
  const identity = identityOf(id)
  return identity !== undefined && isNamed(identity.package, subject.purls) && !isAbout(id, subject)
}

const isNamed = (name: string, purls: readonly string[]): boolean => purls.some((purl) => identityOf(purl)?.package === name)
