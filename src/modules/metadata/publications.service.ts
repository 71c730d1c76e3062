import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Audit, AuditEntry, Authorizer } from '../auth/contract.ts'
import type { Located } from './contract.ts'
import type { Directory } from './directory.ts'
import { Quarantined } from './errors.ts'
import type { HeldPublications } from './held-publications.ts'
import type { HeldRelease } from './held-release.ts'
import { heldById } from './located-rows.ts'
import type { PublicationPolicies } from './publication-policies.ts'
import {
  type HeldPublication,
  ManifestQuarantined,
  type ManifestRef,
  type PublicationPolicy,
  type Publications,
  QuarantineLifted,
} from './publications.contract.ts'
import type { Quarantines } from './quarantines.ts'
import type { Revisions } from './revisions.ts'
import { manifestFactOf, manifestSubjectOf } from './version-fact.ts'
import type { VersionLookup } from './version-lookup.ts'

export interface PublicationServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly authorizer: Authorizer
  readonly directory: Directory
  readonly revisions: Revisions
}

interface Collaborators {
  readonly policies: PublicationPolicies
  readonly held: HeldPublications
  readonly release: HeldRelease
  readonly quarantines: Quarantines
  readonly lookup: VersionLookup
}

const maxReason = 1_000
const storedReason = (reason: string): string => reason.replaceAll('\0', '').slice(0, maxReason)

/** Between a push and its names. Every change takes the artifact's row lock first, as changes of names do (D-6). */
export class PublicationService implements Publications {
  readonly #deps: PublicationServiceDeps
  readonly #with: Collaborators

  constructor(deps: PublicationServiceDeps, collaborators: Collaborators) {
    this.#deps = deps
    this.#with = collaborators
  }

  addPolicy(policy: PublicationPolicy): void {
    this.#with.policies.add(policy)
  }

  release(manifest: ManifestRef, policy: string): Promise<void> {
    const { held, release, quarantines } = this.#with
    return this.#deps.transaction.run(async () => {
      // Locked before it is looked at: a push that is on its way is either seen here, or sees what the policy knows by now.
      const located = await heldById(this.#deps, manifest.artifactId)
      const holds = located && (await held.holdsOf(manifest))
      if (!holds || !(policy in holds)) return
      const { [policy]: _, ...left } = holds
      await held.setHolds(manifest, left)
      if (Object.keys(left).length > 0 || (await quarantines.reason(manifest)) !== undefined) return
      await release.complete(located, manifest.manifestDigest)
    })
  }

  explain(manifest: ManifestRef, policy: string, reason: string): Promise<void> {
    const { held } = this.#with
    const text = storedReason(reason)
    return this.#deps.transaction.run(async () => {
      const located = await heldById(this.#deps, manifest.artifactId)
      const holds = located && (await held.holdsOf(manifest))
      if (holds && policy in holds && holds[policy] !== text) await held.setHolds(manifest, { ...holds, [policy]: text })
    })
  }

  quarantine(manifest: ManifestRef, cause: { readonly by: string; readonly reason: string }): Promise<boolean> {
    const { quarantines } = this.#with
    const { by } = cause
    const reason = storedReason(cause.reason)
    return this.#deps.transaction.run(async () => {
      const located = await heldById(this.#deps, manifest.artifactId)
      if (!located) return false
      const isNew = await quarantines.add(manifest, { by, reason })
      await this.#deps.revisions.raise(located.artifact)
      await quarantines.close(located, manifest.manifestDigest, (await quarantines.reason(manifest)) ?? reason)
      if (!isNew) return false
      await this.#record(located, manifest, { action: 'manifest.quarantined', after: { by, reason } })
      await this.#deps.events.emit(ManifestQuarantined, { ...manifestFactOf(located, manifest.manifestDigest), by, reason })
      return true
    })
  }

  liftQuarantine(manifest: ManifestRef, by: string): Promise<boolean> {
    const { quarantines } = this.#with
    const { manifestDigest } = manifest
    return this.#deps.transaction.run(async () => {
      const located = await heldById(this.#deps, manifest.artifactId)
      if (!located || !(await quarantines.remove(manifest, by))) return false
      await this.#deps.revisions.raise(located.artifact)
      await this.#record(located, manifest, { action: 'manifest.quarantine_lifted', before: { by } })
      await this.#deps.events.emit(QuarantineLifted, { ...manifestFactOf(located, manifestDigest), by })
      const left = await quarantines.reason(manifest)
      if (left === undefined) await this.#reopen(located, manifest)
      else await quarantines.close(located, manifestDigest, left)
      return true
    })
  }

  held(artifactId: string): Promise<readonly HeldPublication[]> {
    return this.#with.held.list(artifactId)
  }

  async checkRead(located: Located, manifestDigest: string, { hidden = false, toMend = false } = {}): Promise<void> {
    const { lookup, policies } = this.#with
    const { quarantine = null, causes = [], held = false } = (await lookup.manifest(located.artifact.id, manifestDigest)) ?? {}
    // What is held looks absent to readers, in quarantine or not, unless they get it by something else: a name it has, or what contains it.
    const isTold = quarantine !== null && (!held || !hidden || (await this.#mayPreview(located)))
    if (isTold && !(toMend && (await policies.mayMend(located, causes)))) throw new Quarantined(quarantine)
    if (policies.anyOfReads && !hidden) await policies.checkRead(located, manifestDigest)
  }

  /** Nothing but the quarantine kept back what no policy holds any more. */
  async #reopen(located: Located, manifest: ManifestRef): Promise<void> {
    const { quarantines, held, release } = this.#with
    await quarantines.open(located, manifest.manifestDigest)
    const holds = await held.holdsOf(manifest)
    if (holds && Object.keys(holds).length === 0) await release.complete(located, manifest.manifestDigest)
  }

  #record(located: Located, { manifestDigest }: ManifestRef, change: Pick<AuditEntry, 'action' | 'before' | 'after'>): Promise<void> {
    return this.#deps.audit.record({
      ...change,
      subject: manifestSubjectOf(located, manifestDigest),
      subjectId: located.artifact.id,
      namespace: located.namespace.name,
    })
  }

  #mayPreview({ caller, resource }: Located): Promise<boolean> {
    return caller ? this.#deps.authorizer.allows(caller, 'preview', resource) : Promise.resolve(false)
  }
}
