import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Located } from '../metadata/contract.ts'
import type { NewRecord } from './records.queries.ts'
import { instantOf, isSame, type KeptRecord, type OpenPeriod, type Refusal, timeRefusal, type UsageRecord } from './usage-record.ts'

/** What became of one record of a batch. */
export type Verdict =
  | { readonly id: string; readonly outcome: 'accepted' | 'duplicate' }
  | { readonly id: string; readonly outcome: 'refused'; readonly reason: Refusal }

/** A record that may be written, unless its id or its time says otherwise. */
export interface Candidate {
  readonly id: string
  readonly kept: NewRecord
  readonly refusal: Refusal | undefined
}
export type Judged = Candidate | { readonly id: string; readonly refusal: Refusal; readonly kept?: never }

export interface Circumstances {
  /** Where the artifact is, or why the sender may not report for it. */
  readonly place: Located | Refusal
  /** `isNamed` tells whether the artifact has or had this version. */
  readonly isNamed: (artifactId: string, version: string) => boolean
  readonly open: OpenPeriod
}

export function judge(record: UsageRecord, { place, isNamed, open }: Circumstances): Judged {
  const { id, metric, quantity, artifact, subject, at } = record
  if (typeof place !== 'object') return { id, refusal: place }
  const instant = instantOf(at)
  if (instant === undefined) return { id, refusal: 'instant_invalid' }
  const { version = '' } = artifact
  if (version !== '' && !isNamed(place.artifact.id, version)) return { id, refusal: 'version_unknown' }
  const { id: artifactId, namespaceId } = place.artifact
  const kept = {
    ...{ id: uuidv7(), key: id, metric, quantity, namespaceId, artifactId, version, at: instant },
    ...{ subjectKind: subject.kind, subject: subject.id },
  }
  return { id, kept, refusal: timeRefusal(instant, open) }
}

/** Of records with one id in a batch, the first decides what the id means. */
export function firstOfEach(judged: readonly Judged[]): ReadonlyMap<string, Candidate> {
  const first = new Map<string, Candidate>()
  for (const one of judged) if (one.kept && !first.has(one.id)) first.set(one.id, one)
  return first
}

export interface Written {
  readonly first: ReadonlyMap<string, Candidate>
  /** Ids that this batch brought. */
  readonly fresh: ReadonlySet<string>
  /** What other ids of the batch mean since earlier. */
  readonly known: ReadonlyMap<string, KeptRecord>
}

export function verdictOf(one: Judged, { first, fresh, known }: Written): Verdict {
  const { id } = one
  if (!one.kept) return refused(id, one.refusal)
  const isNew = fresh.has(id)
  if (isNew && first.get(id) === one) return { id, outcome: 'accepted' }
  const before = isNew ? first.get(id)?.kept : known.get(id)
  // Of a record that was taken once, its age says nothing: whoever sends it again has not heard of the answer.
  if (before && isSame(before, one.kept)) return { id, outcome: 'duplicate' }
  return refused(id, before ? 'id_reused' : (one.refusal ?? 'id_reused'))
}

const refused = (id: string, reason: Refusal): Verdict => ({ id, outcome: 'refused', reason })
