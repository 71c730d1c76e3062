import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { type AdvisoryRecord, advisoryRecord } from './advisory-record.ts'
import type { AdvisoryDocument, ImportReport } from './contract.ts'
import { BadDocument, readOsvDocument } from './osv-document.ts'

export interface ImportDeps {
  readonly database: Database
  readonly transaction: Transaction
}

const batchSize = 500
const maxProblems = 1_000

/** One run; what is stored is committed batch by batch. */
export class AdvisoryImport {
  readonly #deps: ImportDeps
  readonly #counts = { read: 0, added: 0, updated: 0, withdrawn: 0, skipped: 0, failed: 0 }
  readonly #problems: { readonly file: string; readonly reason: string }[] = []
  #batch = new Map<string, AdvisoryRecord>()

  constructor(deps: ImportDeps) {
    this.#deps = deps
  }

  get report(): ImportReport {
    return { ...this.#counts, problems: [...this.#problems] }
  }

  async take(documents: AsyncIterable<AdvisoryDocument>, onProgress: (soFar: ImportReport) => void): Promise<void> {
    for await (const document of documents) {
      this.#counts.read += 1
      this.#read(document)
      if (this.#batch.size < batchSize) continue
      await this.#store()
      onProgress(this.report)
    }
    await this.#store()
    onProgress(this.report)
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
    const changed = await this.#deps.transaction.run(() => this.#write(records))
    for (const record of records) this.#count(record, changed.get(record.id))
  }

  #count({ withdrawnAt }: AdvisoryRecord, added: boolean | undefined): void {
    if (added === undefined) this.#counts.skipped += 1
    else if (withdrawnAt !== null) this.#counts.withdrawn += 1
    else if (added) this.#counts.added += 1
    else this.#counts.updated += 1
  }

  /** Answers what changed: the id, and whether it is new. */
  async #write(records: readonly AdvisoryRecord[]): Promise<ReadonlyMap<string, boolean>> {
    const { database } = this.#deps
    const changed = await database.sql<{ id: string; added: boolean }>`
      insert into advisories as a (id, modified_at, published_at, withdrawn_at, title, url, severity, cvss_score, cvss_vector, cwe, aliases, urls)
      select id, "modifiedAt", "publishedAt", "withdrawnAt", title, url, severity, "cvssScore", "cvssVector", cwe, aliases, urls
      from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r (id text, "modifiedAt" timestamptz, "publishedAt" timestamptz,
        "withdrawnAt" timestamptz, title text, url text, severity text, "cvssScore" real, "cvssVector" text, cwe text[], aliases text[], urls text[])
      on conflict (id) do update set modified_at = excluded.modified_at, published_at = excluded.published_at, withdrawn_at = excluded.withdrawn_at,
        title = excluded.title, url = excluded.url, severity = excluded.severity, cvss_score = excluded.cvss_score,
        cvss_vector = excluded.cvss_vector, cwe = excluded.cwe, aliases = excluded.aliases, urls = excluded.urls, imported_at = now()
      where a.modified_at < excluded.modified_at
      returning id, (xmax = 0) as added`
    const byId = new Map(changed.map(({ id, added }) => [id, added]))
    const ranges = records.flatMap(({ id, packages }) => (byId.has(id) ? packages.map((each) => ({ ...each, id })) : []))
    await database.sql`delete from advisory_ranges where advisory_id = any(${[...byId.keys()]}::text[])`
    await database.sql`
      insert into advisory_ranges (advisory_id, ecosystem, package_name, range, patched, versions, given_ranges)
      select id, ecosystem, "packageName", range, patched, versions, "givenRanges"
      from jsonb_to_recordset(${JSON.stringify(ranges)}::jsonb) as r (id text, ecosystem text, "packageName" text, range text, patched text,
        versions text[], "givenRanges" jsonb)`
    return byId
  }
}
