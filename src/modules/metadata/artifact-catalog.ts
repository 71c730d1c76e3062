import type { Principal } from '../../shared/kernel/principal.ts'
import type { Action } from '../auth/contract.ts'
import type { ArtifactRef, Catalog, Located, Namespace, NewVersion, PublishTarget, Version } from './contract.ts'
import type { DownloadCounter } from './download-counter.ts'
import type { CountedVersion } from './downloads.contract.ts'
import type { Locator } from './locator.ts'
import type { PublishGate } from './publish-gate.ts'
import type { VersionService } from './version.service.ts'
import type { VersionWriter } from './version-writer.ts'

interface Parts {
  readonly locator: Locator
  readonly gate: PublishGate
  readonly versions: VersionService
  readonly writer: VersionWriter
  readonly downloads: DownloadCounter
}

/** The door of this module for other modules; each answer comes from the part that owns the rule. */
export class ArtifactCatalog implements Catalog {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  namespace(principal: Principal, name: string, action: Action): Promise<Namespace> {
    return this.#parts.locator.namespace(principal, name, action)
  }

  locate(principal: Principal, ref: ArtifactRef, action: Action): Promise<Located> {
    return this.#parts.locator.permitted(principal, ref, action)
  }

  isHere(ref: Required<ArtifactRef>): Promise<boolean> {
    return this.#parts.locator.isHere(ref)
  }

  guardNewNames(guard: (ref: Required<ArtifactRef>) => Promise<void>): void {
    this.#parts.gate.guardNewNames(guard)
  }

  openForPublish(principal: Principal, target: PublishTarget): Promise<Located> {
    return this.#parts.gate.open(principal, target)
  }

  openForVersion(principal: Principal, target: PublishTarget): Promise<Located> {
    return this.#parts.gate.open(principal, target, true)
  }

  checkPublish(principal: Principal, target: PublishTarget, version?: string): Promise<Namespace> {
    return this.#parts.gate.check(principal, target, version)
  }

  version(located: Located, versionOrTag: string): Promise<Version> {
    return this.#parts.versions.resolve(located, versionOrTag)
  }

  addVersion(located: Located, version: NewVersion): Promise<Version> {
    return this.#parts.writer.add(located, version)
  }

  hasHiddenVersions(artifactId: string): Promise<boolean> {
    return this.#parts.versions.hasHidden(artifactId)
  }

  manifestInUse(artifactId: string, manifestDigest: string): Promise<boolean> {
    return this.#parts.versions.manifestInUse(artifactId, manifestDigest)
  }

  countDownload(version: CountedVersion): void {
    this.#parts.downloads.count(version)
  }

  unpublish(principal: Principal, ref: ArtifactRef, version: string): Promise<void> {
    return this.#parts.versions.unpublish(principal, ref, version)
  }
}
