import { isDomainError } from '../../shared/errors/domain-error.ts'
import { isAccessory } from '../../shared/types/accessory.ts'
import type { Located } from '../metadata/contract.ts'
import { closeReevaluation, keepPlace, openReevaluation, subjectsConcerned } from './advisory-changes.queries.ts'
import { type AttachedDocument, attachedDocument } from './attached-documents.ts'
import { attachedKey } from './content-key.ts'
import { dropUnlinked, linkAttached, writeContent } from './contents.queries.ts'
import { manifestFacts } from './image-documents.ts'
import { namelessUnscanned } from './nameless.queries.ts'
import type { ScanDeps, ScanService, ScanWanted } from './scan.service.ts'
import type { ScanSubject } from './scan-subject.ts'
import type { Reevaluated, ScanWork } from './scan-work.ts'
import { failStale, holdSubject, subjectsDue } from './scans.queries.ts'
import type { ScanningSettings } from './settings.ts'
import { vexSubject } from './vex/artifact-subject.ts'
import { readVex } from './vex/read-vex.ts'
import { maxStatements } from './vex/statement.ts'
import { addStatements, countStatements } from './vex.queries.ts'

const pageSize = 100
/** Names that clients which know no referrers give to signatures, attestations and documents: of what they are about. */
const attachmentTag = /^(?:sha256-[0-9a-f]{64}|sha512-[0-9a-f]{128})(?:\.[a-z0-9]{1,32})*$/
const staleMinutes = 180
const maxFailures = 20

type Counted = { -readonly [K in keyof Reevaluated]: Reevaluated[K] }

interface Attachment {
  readonly located: Located
  /** Of the manifest that carries it. */
  readonly digest: string
  readonly attached: AttachedDocument
}

export class ScanWorkService implements ScanWork {
  readonly #deps: ScanDeps
  readonly #scanning: ScanService
  readonly #settings: ScanningSettings

  constructor(deps: ScanDeps, scanning: ScanService, settings: ScanningSettings) {
    this.#deps = deps
    this.#scanning = scanning
    this.#settings = settings
  }

  scan(subject: ScanSubject, wanted: ScanWanted, signal: AbortSignal): Promise<void> {
    return this.#scanning.scan(subject, wanted, signal)
  }

  async scanTagged(subject: ScanSubject, tag: string, signal: AbortSignal): Promise<void> {
    if (attachmentTag.test(tag) && (await this.#isAttachment(subject))) return
    const { versions } = await this.#deps.records.namesOf(subject.artifactId, subject.manifestDigest)
    if (versions.length === 0) await this.#scanning.scan(subject, { cause: 'published', name: tag }, signal)
  }

  /** A tag may have any name: unseen goes only what is known to be about content, and about content that is there. */
  async #isAttachment({ artifactId, manifestDigest }: ScanSubject): Promise<boolean> {
    const stored = await this.#deps.manifests.get(artifactId, manifestDigest)
    if (!stored) return false
    const { artifactType, subject, configType, layers, children } = manifestFacts(stored.content)
    if (subject === undefined || !(await this.#deps.manifests.get(artifactId, subject))) return false
    const facts = { artifactType, subject: { digest: subject }, config: { mediaType: configType }, layers, manifests: children }
    return isAccessory(facts, async () => true)
  }

  async takeAttached({ artifactId, manifestDigest }: ScanSubject): Promise<void> {
    const document = await attachedDocument(this.#deps, { artifactId, manifestDigest })
    const located = document && (await this.#deps.records.located(artifactId))
    if (!document || !located) return
    const subject = { artifactId, manifestDigest: document.subject }
    const taken = await this.#deps.transaction.run(async () => {
      await holdSubject(this.#deps.database, subject)
      return document.components.length > 0
        ? this.#takePackages(subject, manifestDigest, document)
        : this.#takeVex(subject, { located, digest: manifestDigest, attached: document })
    })
    if (taken) await this.#scanning.evaluate(subject, { located, cause: document.components.length > 0 ? 'sbom' : 'vex' })
  }

  async #takePackages(subject: ScanSubject, digest: string, { components, isUnreadable }: AttachedDocument): Promise<boolean> {
    const verdict = { level: 'clean', confidence: 0 } as const
    const notes = isUnreadable ? [`${digest}: is attached, and could not be read`] : []
    const report = { verdict, components, findings: [], gaps: [], notes, filesSeen: 1, bytesSeen: 0 }
    const key = attachedKey(digest)
    await writeContent(this.#deps.database, { key, digest, origin: 'attached', analysedBy: 'attached', report })
    await linkAttached(this.#deps.database, subject, key)
    return true
  }

  /** Nothing of a document that would be one too many: as for those that are uploaded, a manifest has so many statements. */
  async #takeVex(subject: ScanSubject, { located, digest, attached }: Attachment): Promise<boolean> {
    const { database, records } = this.#deps
    const about = await vexSubject(records, subject, { located })
    const document = readable(() => readVex(attached.other, about))
    if (!document && attached.isUnreadable) await this.#takePackages(subject, digest, attached)
    if (!document || (await countStatements(database, subject)) + document.statements.length > maxStatements) return false
    return (await addStatements(database, subject, { document, userId: null })) > 0
  }

  async reevaluate(signal: AbortSignal): Promise<Reevaluated> {
    const { database } = this.#deps
    const counted = { subjects: 0, componentsRead: 0, changed: 0 }
    const failures: unknown[] = []
    for (let run = await openReevaluation(database); run; run = await openReevaluation(database)) {
      const { upTo } = run
      for (let after = run.after; ; ) {
        const page: ScanSubject[] = await subjectsConcerned(database, { upTo, after, limit: pageSize })
        for (const subject of page) {
          signal.throwIfAborted()
          await this.#renew(subject, counted).catch((error: unknown) => this.#putOff(subject, failures, error))
        }
        after = page.at(-1)
        if (!after || page.length < pageSize) break
        await keepPlace(database, upTo, after)
      }
      await closeReevaluation(database, upTo)
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} verdicts could not be renewed`)
    return counted
  }

  async #renew(subject: ScanSubject, counted: Counted): Promise<void> {
    const located = await this.#deps.records.located(subject.artifactId)
    if (!located) return
    const evaluated = await this.#scanning.evaluate(subject, { located, cause: 'advisories' })
    counted.subjects += 1
    counted.componentsRead += evaluated?.componentsRead ?? 0
    counted.changed += Number(evaluated?.changed === true)
  }

  /** One that fails keeps no other from it: it is looked at by the next schedule. */
  async #putOff({ artifactId, manifestDigest }: ScanSubject, failures: unknown[], error: unknown): Promise<void> {
    await this.#deps.database.sql`update scan_subjects set scanned_at = 'epoch'
      where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and scanned_at is not null`
    if (failures.length < maxFailures) failures.push(error)
  }

  async rescanDue(signal: AbortSignal): Promise<number> {
    const { database } = this.#deps
    await failStale(database, staleMinutes)
    await dropUnlinked(database)
    // Of an import that ended before it could tell.
    await this.reevaluate(signal)
    let scanned = 0
    const failures: unknown[] = []
    for (let due = await this.#due(); due.length > 0 && !signal.aborted; due = await this.#due()) {
      for (const subject of due) {
        if (signal.aborted) break
        await this.#scanning.scan(subject, { cause: 'interval' }, signal).catch((error: unknown) => failures.push(error))
        await this.#markLooked(subject)
        scanned += 1
      }
    }
    // One that cannot be scanned keeps no other from it.
    if (failures.length > 0 && !signal.aborted) throw new AggregateError(failures, `${failures.length} of ${scanned} scans failed`)
    return scanned
  }

  async scanNameless(signal: AbortSignal): Promise<number> {
    let scanned = 0
    const failures: unknown[] = []
    for await (const subject of this.#nameless()) {
      if (signal.aborted) break
      if (await this.#isAttachment(subject)) continue
      await this.#scanning.scan(subject, { cause: 'published' }, signal).catch((error: unknown) => failures.push(error))
      scanned += 1
    }
    if (failures.length > 0 && !signal.aborted) throw new AggregateError(failures, `${failures.length} of ${scanned} scans failed`)
    return scanned
  }

  async *#nameless(): AsyncGenerator<ScanSubject, void, undefined> {
    for (let after: ScanSubject | undefined; ; ) {
      const page: ScanSubject[] = await namelessUnscanned(this.#deps.database, { after, limit: pageSize })
      yield* page
      after = page.at(-1)
      if (!after || page.length < pageSize) return
    }
  }

  #due(): Promise<ScanSubject[]> {
    return subjectsDue(this.#deps.database, { hours: this.#settings.rescanIntervalHours, limit: pageSize })
  }

  /** Also when the scan failed: the next interval tries again, and this run comes to an end. */
  async #markLooked({ artifactId, manifestDigest }: ScanSubject): Promise<void> {
    await this.#deps.database.sql`update scan_subjects set scanned_at = now()
      where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and (scanned_at is not null
        or not exists (select from scans c where c.artifact_id = ${artifactId} and c.manifest_digest = ${manifestDigest}
          and c.started_at > now() - interval '1 hour'))`
  }
}

/** A referrer that is not what its media type says is nobody's error but its sender's. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isDomainError(error)) return undefined
    throw error
  }
}
