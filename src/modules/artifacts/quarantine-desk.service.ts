import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { ArtifactRef, Catalog, Located } from '../metadata/contract.ts'
import type { HeldPublication, Publications } from '../metadata/publications.contract.ts'
import type { Manifests } from './contract.ts'
import { ManifestUnknown } from './errors.ts'
import { versionDigest } from './repositories.queries.ts'

export interface QuarantineDeskParts {
  readonly catalog: Catalog
  readonly publications: Publications
  readonly database: Database
  readonly manifests: Manifests
}

/** By digest, or by exact version. */
export type WantedManifest = { readonly digest: string } | { readonly version: string }

/** What those who answer for an artifact see and say about what it hands out. */
export interface QuarantineDesk {
  held(principal: Principal, ref: ArtifactRef): Promise<readonly HeldPublication[]>
  /** Answers the digest. Throws `artifacts.manifest_unknown`. */
  close(principal: Principal, ref: ArtifactRef, change: { readonly wanted: WantedManifest; readonly reason: string }): Promise<string>
  /** Only what its owner closed: what a module found stays. Throws `artifacts.manifest_unknown`. */
  open(principal: Principal, ref: ArtifactRef, wanted: WantedManifest): Promise<void>
}
export const QuarantineDesk = service<QuarantineDesk>('artifacts.quarantine_desk')

const owner = 'owner'

export class QuarantineDeskService implements QuarantineDesk {
  readonly #parts: QuarantineDeskParts

  constructor(parts: QuarantineDeskParts) {
    this.#parts = parts
  }

  async held(principal: Principal, ref: ArtifactRef): Promise<readonly HeldPublication[]> {
    const { artifact } = await this.#parts.catalog.locate(principal, ref, 'publish')
    return this.#parts.publications.held(artifact.id)
  }

  async close(
    principal: Principal,
    ref: ArtifactRef,
    { wanted, reason }: { readonly wanted: WantedManifest; readonly reason: string },
  ): Promise<string> {
    const located = await this.#parts.catalog.locate(principal, ref, 'manage')
    const manifestDigest = await this.#digestOf(located, wanted)
    await this.#parts.publications.quarantine({ artifactId: located.artifact.id, manifestDigest }, { by: owner, reason })
    return manifestDigest
  }

  async open(principal: Principal, ref: ArtifactRef, wanted: WantedManifest): Promise<void> {
    const located = await this.#parts.catalog.locate(principal, ref, 'manage')
    const manifestDigest = await this.#digestOf(located, wanted)
    const lifted = await this.#parts.publications.liftQuarantine({ artifactId: located.artifact.id, manifestDigest }, owner)
    if (!lifted) throw new ManifestUnknown(manifestDigest)
  }

  /** Past what readers would be told of the version: it may be in quarantine already. */
  async #digestOf({ artifact }: Located, wanted: WantedManifest): Promise<string> {
    const digest = 'digest' in wanted ? wanted.digest : await versionDigest(this.#parts.database, artifact.id, wanted.version)
    if (digest !== undefined && (await this.#parts.manifests.get(artifact.id, digest))) return digest
    throw new ManifestUnknown('digest' in wanted ? wanted.digest : wanted.version)
  }
}
