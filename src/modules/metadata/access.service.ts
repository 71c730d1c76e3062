import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { anonymous, type Principal } from '../../shared/kernel/principal.ts'
import type { Audit, Authorizer, Visibility } from '../auth/contract.ts'
import type { ArtifactRef, PublishFactor } from './contract.ts'
import type { Directory } from './directory.ts'
import { AlwaysPublic } from './errors.ts'
import type { Locator } from './locator.ts'
import type { Access, Changes } from './packages.contract.ts'
import type { PublishGate } from './publish-gate.ts'
import type { Artifacts } from './views.ts'

export interface AccessDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly authorizer: Authorizer
  readonly locator: Locator
  readonly directory: Directory
  readonly gate: PublishGate
  readonly changes: Changes
  readonly artifacts: Artifacts
}

export class AccessService implements Access {
  readonly #deps: AccessDeps

  constructor(deps: AccessDeps) {
    this.#deps = deps
  }

  async isPublic(principal: Principal, ref: ArtifactRef): Promise<boolean> {
    const { resource } = await this.#deps.locator.artifact(principal, ref, 'read')
    return this.#deps.authorizer.allows(anonymous, 'read', resource)
  }

  async setVisibility(principal: Principal, ref: ArtifactRef, visibility: Visibility): Promise<void> {
    const { namespace } = await this.#deps.locator.artifact(principal, ref, 'manage')
    if (namespace.accountId === null && visibility === 'private') throw new AlwaysPublic()
    await this.#deps.artifacts.update(principal, ref, { visibility })
  }

  async publishFactor({ namespace, name, format = 'npm', justChecked }: Parameters<Access['publishFactor']>[0]): Promise<PublishFactor> {
    const { locator, directory, gate } = this.#deps
    const known = await locator.known(namespace)
    if (!known || (justChecked && gate.foundNone({ namespace: known, name, format }))) return 'none'
    const artifacts = await directory.artifacts(known.id, name)
    return artifacts.find((artifact) => artifact.format === format)?.publishFactor ?? 'none'
  }

  async setPublishFactor(principal: Principal, ref: ArtifactRef, factor: PublishFactor): Promise<void> {
    const { database, audit, changes, directory } = this.#deps
    await changes.together(principal, { ref, action: 'manage' }, async ({ artifact, namespace }) => {
      const [before] = await database.sql<{ factor: PublishFactor }>`
        select publish_factor as factor from artifacts where id = ${artifact.id}`
      await database.sql`update artifacts set publish_factor = ${factor}, updated_at = now() where id = ${artifact.id}`
      await audit.record({
        action: 'artifact.updated',
        subject: `${namespace.name}/${artifact.name}`,
        subjectId: artifact.id,
        namespace: namespace.name,
        before: { publishFactor: before?.factor },
        after: { publishFactor: factor },
      })
      directory.artifactChanged(artifact)
    })
  }
}
