import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Located } from '../../metadata/contract.ts'
import { ArtifactChanged } from '../../metadata/errors.ts'
import type { Change, Changes } from '../../metadata/packages.contract.ts'

/** `_rev` of a document: the revision of the artifact, and its id without dashes. */
const form = /^(\d{1,15})-([0-9a-f]{32})$/

/**
 * `work` in one transaction, if the package still is as the client read it: CouchDB's rule, on which clients of npm rely. Without `seen`, whatever
 * it is by now. Throws ArtifactChanged, also for a text that no document ever had as `_rev`.
 */
export function atRevision<T>(
  { changes, principal }: { readonly changes: Changes; readonly principal: Principal },
  { seen, ...change }: Omit<Change, 'rev'> & { readonly seen: string | undefined },
  work: (located: Located) => Promise<T>,
): Promise<T> {
  if (seen === undefined) return changes.together(principal, change, work)
  const [, rev, id] = form.exec(seen) ?? []
  // Not before the package is located: who may not see it must not learn that it exists.
  return changes.together(principal, { ...change, rev: Number(rev ?? -1) }, (located) => {
    if (located.artifact.id.replaceAll('-', '') !== id) throw new ArtifactChanged()
    return work(located)
  })
}
