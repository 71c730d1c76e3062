import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Audit } from '../../auth/contract.ts'
import type { Fsck, FsckReport } from '../fsck.contract.ts'
import { checkBlobs } from './blob-check.ts'
import { type Finding, type FsckParts, identityOf } from './finding.ts'
import { checkManifests } from './manifest-check.ts'
import { checkOrphans } from './orphan-check.ts'
import { referenceChecks } from './reference-checks.ts'

/** More say nothing new. */
const maxErrors = 10_000
/** Between two looks at something that seems wrong. */
const secondLookMs = 300

/** Compares rows, references and bytes (D-10). What seems wrong is looked at twice, because publishes and collections go on meanwhile. */
export class FileSystemCheck implements Fsck {
  readonly #parts: FsckParts
  readonly #log: Logger
  readonly #audit: Audit

  constructor(parts: FsckParts, record: { readonly log: Logger; readonly audit: Audit }) {
    this.#parts = parts
    this.#log = record.log
    this.#audit = record.audit
  }

  async check({ repair = false, bytes = true }: { readonly repair?: boolean; readonly bytes?: boolean } = {}): Promise<FsckReport> {
    const totals = { blobs: 0, bytes: 0, manifests: 0, versions: await this.#countVersions() }
    const errors: FsckReport['errors'] = []
    const findings = this.#findAll(totals, bytes)
    for await (const finding of findings) {
      const { kind, subject, detail } = finding
      errors.push({ kind, subject, detail, repairable: finding.repair !== undefined, repaired: repair && (await this.#repair(finding)) })
      if (errors.length === maxErrors) break
    }
    return { errors, checked: totals }
  }

  async *#findAll(totals: { blobs: number; bytes: number; manifests: number }, bytes: boolean): AsyncGenerator<Finding> {
    yield* checkManifests(this.#parts, totals)
    for (const check of referenceChecks) yield* await this.#twice(() => check(this.#parts))
    yield* checkBlobs(this.#parts, totals, bytes)
    yield* checkOrphans(this.#parts)
  }

  async #twice(check: () => Promise<Finding[]>): Promise<Finding[]> {
    const first = new Set((await check()).map(identityOf))
    if (first.size === 0) return []
    await delay(secondLookMs)
    return (await check()).filter((finding) => first.has(identityOf(finding)))
  }

  async #repair({ kind, subject, repair }: Finding): Promise<boolean> {
    if (!repair) return false
    try {
      await repair()
      await this.#audit.record({ action: 'store.repaired', subject, after: { kind } })
      this.#log.warn({ kind, subject }, 'fsck repaired')
      return true
    } catch (error) {
      this.#log.error({ kind, subject, err: error }, 'fsck could not repair')
      return false
    }
  }

  async #countVersions(): Promise<number> {
    const [row] = await this.#parts.database.sql<{ count: number }>`select count(*)::int as count from versions where state <> 'deleted'`
    return row?.count ?? 0
  }
}
