import { isDomainError } from '../../../shared/errors/domain-error.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { BlobContent, PublishedVersion } from '../../artifacts/contract.ts'
import type { Catalog, Located } from '../../metadata/contract.ts'
import type { StagedPublish, StagedPublishes } from '../../packuments/contract.ts'
import type { PackageRef } from '../package-name.ts'
import { StageNotFound } from './errors.ts'
import type { PackagePublisher, PreparedPublish } from './package-publisher.service.ts'

export interface PackageStagesParts {
  readonly catalog: Catalog
  readonly staged: StagedPublishes
  readonly publisher: PackagePublisher
}

export interface StagePage {
  readonly page: number
  readonly perPage: number
  readonly ref?: PackageRef
}

/** Publishing in two steps: what a machine has staged, somebody who may publish approves. */
export class PackageStages {
  readonly #parts: PackageStagesParts

  constructor(parts: PackageStagesParts) {
    this.#parts = parts
  }

  /** Before the body is read. Only of packages that exist: throws what `Catalog.locate` throws, and `packuments.staging_full`. */
  async expect(principal: Principal, ref: PackageRef): Promise<void> {
    await this.#parts.staged.expect(await this.#locate(principal, ref))
  }

  async add(principal: Principal, prepared: PreparedPublish): Promise<string> {
    const located = await this.#locate(principal, prepared.ref)
    // Its tarball is stored; as text here it would be four times as long, and count for nothing.
    const { content: _, ...kept } = prepared
    return this.#parts.staged.add(located, prepared.blob, {
      version: prepared.version,
      tag: prepared.tags[0] ?? null,
      shasum: prepared.description.dist.shasum,
      content: JSON.stringify(kept),
    })
  }

  /** Of packages the caller may publish, oldest first. */
  async list(principal: Principal, { page, perPage, ref }: StagePage) {
    const { staged } = this.#parts
    const wanted = (await staged.packages()).filter(({ namespace, name }) => !ref || (ref.namespace === namespace && ref.name === name))
    const allowed: string[] = []
    for (const { artifactId, namespace, name } of wanted)
      if (await this.#may(principal, { namespace, name, format: 'npm' })) allowed.push(artifactId)
    return staged.list(allowed, { offset: page * perPage, limit: perPage })
  }

  async find(principal: Principal, id: string): Promise<StagedPublish> {
    return (await this.#enter(principal, id)).stage
  }

  async open(principal: Principal, id: string): Promise<BlobContent> {
    await this.#enter(principal, id)
    const content = await this.#parts.staged.open(id)
    if (!content) throw new StageNotFound()
    return content
  }

  /** Published once, however many approve it at the same time. */
  async approve(
    principal: Principal,
    id: string,
  ): Promise<{ readonly stage: StagedPublish; readonly published: readonly PublishedVersion[] }> {
    const { staged, publisher } = this.#parts
    const { stage, located } = await this.#enter(principal, id)
    const content = await staged.content(id)
    if (content === undefined) throw new StageNotFound()
    const prepared = JSON.parse(content) as PreparedPublish
    const published = await publisher.publish(principal, [prepared], async () => {
      if (!(await staged.remove(id, { located, action: 'version.approved' }))) throw new StageNotFound()
    })
    return { stage, published }
  }

  async reject(principal: Principal, id: string): Promise<void> {
    const { located } = await this.#enter(principal, id)
    if (!(await this.#parts.staged.remove(id, { located, action: 'version.rejected' }))) throw new StageNotFound()
  }

  async #enter(principal: Principal, id: string): Promise<{ readonly stage: StagedPublish; readonly located: Located }> {
    const stage = await this.#parts.staged.find(id)
    const located = stage && (await this.#may(principal, { namespace: stage.namespace, name: stage.name, format: 'npm' }))
    if (!stage || !located) throw new StageNotFound()
    return { stage, located }
  }

  #locate(principal: Principal, ref: PackageRef): Promise<Located> {
    return this.#parts.catalog.locate(principal, ref, 'publish')
  }

  async #may(principal: Principal, ref: PackageRef): Promise<Located | undefined> {
    try {
      return await this.#locate(principal, ref)
    } catch (error) {
      if (isDomainError(error) && (error.kind === 'not-found' || error.kind === 'forbidden')) return undefined
      throw error
    }
  }
}
export const PackageStaging = service<PackageStages>('npm.staging')
