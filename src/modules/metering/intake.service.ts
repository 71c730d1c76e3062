import { isDomainError } from '../../shared/errors/domain-error.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Catalog, Located } from '../metadata/contract.ts'
import { TooManyArtifacts } from './errors.ts'
import { addToHours, holdOpenPeriod, insertRecords, knownRecords, knownVersions, type NewRecord } from './records.queries.ts'
import { instantOf, isSame, type OpenPeriod, type Refusal, timeRefusal, type UsageRecord } from './usage-record.ts'

/** What became of one record of a batch, in the order of the batch. */
export type Verdict =
  | { readonly id: string; readonly outcome: 'accepted' | 'duplicate' }
  | { readonly id: string; readonly outcome: 'refused'; readonly reason: Refusal }

/** Takes what runtimes report. */
export interface Intake {
  /** All in one transaction. Throws `metering.too_many_artifacts`. */
  take(sender: Principal & { readonly userId: string }, records: readonly UsageRecord[]): Promise<Verdict[]>
}
export const Intake = service<Intake>('metering.intake')

export interface IntakeDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly catalog: Catalog
}

const maxArtifacts = 100

type Place = Located | Refusal

/** A record that may be written, unless its id or its time says otherwise. */
interface Candidate {
  readonly id: string
  readonly kept: NewRecord
  readonly refusal: Refusal | undefined
}
type Judged = Candidate | { readonly id: string; readonly refusal: Refusal; readonly kept?: never }

export class IntakeService implements Intake {
  readonly #deps: IntakeDeps

  constructor(deps: IntakeDeps) {
    this.#deps = deps
  }

  async take(sender: Principal & { readonly userId: string }, records: readonly UsageRecord[]): Promise<Verdict[]> {
    const { database, transaction } = this.#deps
    const places = await this.#placesOf(sender, records)
    const named = await this.#versionsOf(records, places)
    return transaction.run(async () => {
      const open = await holdOpenPeriod(database)
      const judged = records.map((record) => judge(record, places.get(artifactKey(record)) ?? 'artifact_not_found', { named, open }))
      const first = firstOfEach(judged)
      const wanted = [...first.values()].filter(({ refusal }) => refusal === undefined).map(({ kept }) => kept)
      const fresh = await insertRecords(database, sender.userId, wanted)
      const known = await knownRecords(
        database,
        sender.userId,
        [...first.keys()].filter((key) => !fresh.has(key)),
      )
      await addToHours(
        database,
        wanted.filter(({ key }) => fresh.has(key)),
      )
      return judged.map((one): Verdict => {
        if (!one.kept) return refused(one.id, one.refusal)
        const isFirst = first.get(one.id) === one
        if (isFirst && fresh.has(one.id)) return { id: one.id, outcome: 'accepted' }
        const before = known.get(one.id) ?? (fresh.has(one.id) ? first.get(one.id)?.kept : undefined)
        // Of a record that was taken once, its age says nothing: whoever sends it again has not heard of the answer.
        if (before) return isSame(before, one.kept) ? { id: one.id, outcome: 'duplicate' } : refused(one.id, 'id_reused')
        return refused(one.id, one.refusal ?? 'id_reused')
      })
    })
  }

  async #placesOf(sender: Principal, records: readonly UsageRecord[]): Promise<ReadonlyMap<string, Place>> {
    const wanted = new Map(records.map((record) => [artifactKey(record), record.artifact]))
    if (wanted.size > maxArtifacts) throw new TooManyArtifacts(maxArtifacts)
    const places = new Map<string, Place>()
    for (const [key, { namespace, name, format }] of wanted)
      places.set(key, await this.#deps.catalog.locate(sender, { namespace, name, ...(format && { format }) }, 'publish').catch(refusalOf))
    return places
  }

  async #versionsOf(records: readonly UsageRecord[], places: ReadonlyMap<string, Place>): Promise<ReadonlySet<string>> {
    const named = new Map<string, { artifactId: string; version: string }>()
    for (const record of records) {
      const place = places.get(artifactKey(record))
      const { version } = record.artifact
      if (version === undefined || typeof place !== 'object') continue
      named.set(`${place.artifact.id} ${version}`, { artifactId: place.artifact.id, version })
    }
    const known = await knownVersions(this.#deps.database, [...named.values()])
    return new Set(known.map(({ artifactId, version }) => `${artifactId} ${version}`))
  }
}

const artifactKey = ({ artifact: { namespace, name, format } }: UsageRecord): string => `${namespace} ${name} ${format ?? ''}`
const refused = (id: string, reason: Refusal): Verdict => ({ id, outcome: 'refused', reason })

const refusalByKind: Readonly<Record<string, Refusal>> = {
  'not-found': 'artifact_not_found',
  forbidden: 'not_allowed',
  conflict: 'ambiguous_format',
}

function refusalOf(error: unknown): Refusal {
  const refusal = isDomainError(error) ? refusalByKind[error.kind] : undefined
  if (!refusal) throw error
  return refusal
}

function judge(record: UsageRecord, place: Place, { named, open }: { named: ReadonlySet<string>; open: OpenPeriod }): Judged {
  const { id, metric, quantity, artifact, subject, at } = record
  if (typeof place !== 'object') return { id, refusal: place }
  const instant = instantOf(at)
  if (instant === undefined) return { id, refusal: 'instant_invalid' }
  const { version = '' } = artifact
  if (version !== '' && !named.has(`${place.artifact.id} ${version}`)) return { id, refusal: 'version_unknown' }
  const { id: artifactId, namespaceId } = place.artifact
  const kept = {
    ...{ id: uuidv7(), key: id, metric, quantity, namespaceId, artifactId, version, at: instant },
    ...{ subjectKind: subject.kind, subject: subject.id },
  }
  return { id, kept, refusal: timeRefusal(instant, open) }
}

/** Of records with one id in a batch, the first decides what the id means. */
function firstOfEach(judged: readonly Judged[]): ReadonlyMap<string, Candidate> {
  const first = new Map<string, Candidate>()
  for (const one of judged) if (one.kept && !first.has(one.id)) first.set(one.id, one)
  return first
}
