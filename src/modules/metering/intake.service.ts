import { isDomainError } from '../../shared/errors/domain-error.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Catalog, Located } from '../metadata/contract.ts'
import { TooManyArtifacts } from './errors.ts'
import { addToHours, holdOpenPeriod, insertRecords, knownRecords, knownVersions } from './records.queries.ts'
import type { Refusal, UsageRecord } from './usage-record.ts'
import { firstOfEach, type Judged, judge, type Verdict, verdictOf } from './verdict.ts'

export type Sender = Principal & { readonly userId: string }

/** Takes what runtimes report. */
export interface Intake {
  /** A verdict for each record, in their order; all in one transaction. Throws `metering.too_many_artifacts`. */
  take(sender: Sender, records: readonly UsageRecord[]): Promise<Verdict[]>
}
export const Intake = service<Intake>('metering.intake')

export interface IntakeDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly catalog: Catalog
  readonly metrics: Metrics
}

const maxArtifacts = 100

type Places = ReadonlyMap<string, Located | Refusal>

export class IntakeService implements Intake {
  readonly #deps: IntakeDeps
  readonly #outcomes

  constructor(deps: IntakeDeps) {
    this.#deps = deps
    this.#outcomes = deps.metrics.counter({
      name: 'registry_metering_records_total',
      help: 'Usage records that were sent, by what became of them.',
      labelNames: ['outcome'],
    })
    for (const outcome of ['accepted', 'duplicate', 'refused'] as const) this.#outcomes.inc({ outcome }, 0)
  }

  async take(sender: Sender, records: readonly UsageRecord[]): Promise<Verdict[]> {
    const { database, transaction } = this.#deps
    const places = await this.#placesOf(sender, records)
    const isNamed = await this.#versionsOf(records, places)
    const verdicts = await transaction.run(async () => {
      const open = await holdOpenPeriod(database)
      const placeOf = (record: UsageRecord) => places.get(artifactKey(record)) ?? 'artifact_not_found'
      return this.#write(
        sender,
        records.map((record) => judge(record, { place: placeOf(record), isNamed, open })),
      )
    })
    for (const { outcome } of verdicts) this.#outcomes.inc({ outcome })
    return verdicts
  }

  async #write({ userId }: Sender, judged: readonly Judged[]): Promise<Verdict[]> {
    const { database } = this.#deps
    const first = firstOfEach(judged)
    const wanted = [...first.values()].filter(({ refusal }) => refusal === undefined).map(({ kept }) => kept)
    const fresh = await insertRecords(database, userId, wanted)
    const others = [...first.keys()].filter((key) => !fresh.has(key))
    const added = wanted.filter(({ key }) => fresh.has(key))
    const [known] = await Promise.all([knownRecords(database, userId, others), addToHours(database, added)])
    return judged.map((one) => verdictOf(one, { first, fresh, known }))
  }

  async #placesOf(sender: Principal, records: readonly UsageRecord[]): Promise<Places> {
    const wanted = new Map(records.map((record) => [artifactKey(record), record.artifact]))
    if (wanted.size > maxArtifacts) throw new TooManyArtifacts(maxArtifacts)
    const places = new Map<string, Located | Refusal>()
    for (const [key, { namespace, name, format }] of wanted)
      places.set(key, await this.#deps.catalog.locate(sender, { namespace, name, ...(format && { format }) }, 'publish').catch(refusalOf))
    return places
  }

  async #versionsOf(records: readonly UsageRecord[], places: Places): Promise<(artifactId: string, version: string) => boolean> {
    const named = new Map<string, { artifactId: string; version: string }>()
    for (const record of records) {
      const place = places.get(artifactKey(record))
      const { version } = record.artifact
      if (version === undefined || typeof place !== 'object') continue
      named.set(`${place.artifact.id} ${version}`, { artifactId: place.artifact.id, version })
    }
    const known = await knownVersions(this.#deps.database, [...named.values()])
    const keys = new Set(known.map(({ artifactId, version }) => `${artifactId} ${version}`))
    return (artifactId, version) => keys.has(`${artifactId} ${version}`)
  }
}

const artifactKey = ({ artifact: { namespace, name, format } }: UsageRecord): string => `${namespace} ${name} ${format ?? ''}`

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
