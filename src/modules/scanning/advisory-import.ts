import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { keepChanges, raiseVersion } from './advisory-changes.queries.ts'
import { type AdvisoryRecord, advisoryRecord } from './advisory-record.ts'
import type { AdvisoryDocument, ImportReport } from './contract.ts'
import { AdvisoriesChanged } from './events.contract.ts'
import { BadDocument, readOsvDocument } from './osv-document.ts'

export interface ImportDeps {
  readonly events: Events
  readonly database: Database
  readonly transaction: Transaction
}

interface Written {
  readonly changed: ReadonlyMap<string, boolean>
  readonly concerned: number | undefined
}

const batchSize = 500
const maxProblems = 1_000

/** One run; what is stored is committed batch by batch. */
export class AdvisoryImport {
  readonly #deps: ImportDeps
  readonly #counts = { read: 0, added: 0, updated: 0, withdrawn: 0, skipped: 0, failed: 0 }
  readonly #problems: { readonly file: string; readonly reason: string }[] = []
  #batch = new Map<string, AdvisoryRecord>()
  /** The first version of the database that concerns anybody here. */
  #lowest: number | undefined

  constructor(deps: ImportDeps) {
    this.#deps = deps
  }

  get report(): ImportReport {
    return { ...this.#counts, problems: [...this.#problems] }
  }

  async take(documents: AsyncIterable<AdvisoryDocument>, onProgress: (soFar: ImportReport) => void): Promise<void> {
    try {
      for await (const document of documents) {
        this.#counts.read += 1
        this.#read(document)
        if (this.#batch.size < batchSize) continue
        await this.#store()
        onProgress(this.report)
      }
      await this.#store()
      onProgress(this.report)
    } finally {
      await this.#announce()
    }
  }

  /** Once, also when the source failed on the way: verdicts are renewed for all batches together. */
  async #announce(): Promise<void> {
    const { transaction, events } = this.#deps
    const databaseVersion = this.#lowest
    if (databaseVersion !== undefined) await transaction.run(() => events.emit(AdvisoriesChanged, { databaseVersion }))
  }

  #read(document: AdvisoryDocument): void {
    try {
      if ('problem' in document) throw new BadDocument(document.problem)
      this.#add(advisoryRecord(readOsvDocument(document.text)))
    } catch (error) {
      if (!(error instanceof BadDocument)) throw error
      this.#counts.failed += 1
      if (this.#problems.length < maxProblems) this.#problems.push({ file: document.file, reason: error.message })
    }
  }

  /** Of two documents of one advisory the newer one counts. */
  #add(record: AdvisoryRecord): void {
    const known = this.#batch.get(record.id)
    if (known) this.#counts.skipped += 1
    if (!known || Date.parse(known.modifiedAt) < Date.parse(record.modifiedAt)) this.#batch.set(record.id, record)
  }

  async #store(): Promise<void> {
    // In one order, so that two imports at a time wait for each other and nothing worse.
    const records = [...this.#batch.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    this.#batch = new Map()
    if (records.length === 0) return
    const { changed, concerned } = await this.#deps.transaction.run(() => this.#write(records))
    this.#lowest ??= concerned
    for (const record of records) this.#count(record, changed.get(record.id))
  }

  #count({ withdrawnAt }: AdvisoryRecord, added: boolean | undefined): void {
    if (added === undefined) this.#counts.skipped += 1
    else if (withdrawnAt !== null) this.#counts.withdrawn += 1
    else if (added) this.#counts.added += 1
    else this.#counts.updated += 1
  }

  /** Answers what changed, the id and whether it is new, and the version of the database when it concerns anybody. */
  async #write(records: readonly AdvisoryRecord[]): Promise<Written> {
    const { database } = this.#deps
    const changed = await database.sql<{ id: string; added: boolean }>`
      insert into advisories as a (id, modified_at, published_at, withdrawn_at, title, url, severity, cvss_score, cvss_vector, cwe, aliases, urls, details)
      select id, "modifiedAt", "publishedAt", "withdrawnAt", title, url, severity, "cvssScore", "cvssVector", cwe, aliases, urls, details
      from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r (id text, "modifiedAt" timestamptz, "publishedAt" timestamptz,
        "withdrawnAt" timestamptz, title text, url text, severity text, "cvssScore" real, "cvssVector" text, cwe text[], aliases text[], urls text[], details text)
      on conflict (id) do update set modified_at = excluded.modified_at, published_at = excluded.published_at, withdrawn_at = excluded.withdrawn_at,
        title = excluded.title, url = excluded.url, severity = excluded.severity, cvss_score = excluded.cvss_score,
        cvss_vector = excluded.cvss_vector, cwe = excluded.cwe, aliases = excluded.aliases, urls = excluded.urls, details = excluded.details, imported_at = now()
      where a.modified_at < excluded.modified_at
      returning id, (xmax = 0) as added`
    const byId = new Map(changed.map(({ id, added }) => [id, added]))
    const ranges = records.flatMap(({ id, packages }) => (byId.has(id) ? packages.map((each) => ({ ...each, id })) : []))
    const ids = [...byId.keys()]
    // A range that became smaller, or went away, concerns those that were in it.
    const before = await database.sql<{ ecosystem: string; name: string }>`
      delete from advisory_ranges where advisory_id = any(${ids}::text[]) returning ecosystem, package_name as name`
    await database.sql`
      insert into advisory_ranges (advisory_id, ecosystem, package_name, range, patched, versions, given_ranges)
      select id, ecosystem, "packageName", range, patched, versions, "givenRanges"
      from jsonb_to_recordset(${JSON.stringify(ranges)}::jsonb) as r (id text, ecosystem text, "packageName" text, range text, patched text,
        versions text[], "givenRanges" jsonb)`
    const concerned = await this.#keep([...before, ...ranges.map(({ ecosystem, packageName: name }) => ({ ecosystem, name }))], ids.length)
    return { changed: byId, concerned }
  }

  /** Verdicts are bound to the version of the database; whoever has one of these packages is looked at again. */
  async #keep(packages: readonly { readonly ecosystem: string; readonly name: string }[], changed: number): Promise<number | undefined> {
    if (changed === 0) return undefined
    const { database } = this.#deps
    const version = await raiseVersion(database)
    return (await keepChanges(database, version, packages)) > 0 ? version : undefined
  }
}
