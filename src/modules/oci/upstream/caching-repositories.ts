import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Repositories, RepositoryRef, ResolvedManifest } from '../../artifacts/contract.ts'
import type { ArtifactRef } from '../../metadata/contract.ts'
import type { PullThrough } from './pull-through.ts'

type Arguments<K extends keyof Repositories> = Parameters<Repositories[K]>

/** Throws where nothing may be pushed to. */
export type RefusePush = (principal: Principal, ref: ArtifactRef) => Promise<void>

export interface CachingParts {
  readonly repositories: Repositories
  /** Undefined for a repository that is no copy of another registry's. */
  readonly cacheOf: (ref: RepositoryRef) => PullThrough | undefined
  readonly refusePush: RefusePush
}

/** Repositories, some of which are copies: those are filled by pulling, and by nothing else. Deleting from one makes room. */
export class CachingRepositories implements Repositories {
  readonly #parts: CachingParts

  constructor(parts: CachingParts) {
    this.#parts = parts
  }

  manifest(principal: Principal, ref: RepositoryRef, reference: string): Promise<ResolvedManifest> {
    const { cacheOf, repositories } = this.#parts
    return (cacheOf(ref) ?? repositories).manifest(principal, ref, reference)
  }

  blob(principal: Principal, ref: RepositoryRef, digest: string): ReturnType<Repositories['blob']> {
    const { cacheOf, repositories } = this.#parts
    return (cacheOf(ref) ?? repositories).blob(principal, ref, digest)
  }

  count(manifest: ResolvedManifest): void {
    this.#parts.repositories.count(manifest)
  }

  async pushBlob(...[principal, ref, content]: Arguments<'pushBlob'>): ReturnType<Repositories['pushBlob']> {
    await this.#parts.refusePush(principal, ref)
    return this.#parts.repositories.pushBlob(principal, ref, content)
  }

  async mountBlob(...[principal, ref, blob]: Arguments<'mountBlob'>): ReturnType<Repositories['mountBlob']> {
    await this.#parts.refusePush(principal, ref)
    return this.#parts.repositories.mountBlob(principal, ref, blob)
  }

  async checkPush(...[principal, ref]: Arguments<'checkPush'>): Promise<void> {
    await this.#parts.refusePush(principal, ref)
    await this.#parts.repositories.checkPush(principal, ref)
  }

  async pushManifest(...[principal, ref, push]: Arguments<'pushManifest'>): ReturnType<Repositories['pushManifest']> {
    await this.#parts.refusePush(principal, ref)
    return this.#parts.repositories.pushManifest(principal, ref, push)
  }

  deleteBlob(...args: Arguments<'deleteBlob'>): Promise<void> {
    return this.#parts.repositories.deleteBlob(...args)
  }

  deleteManifest(...args: Arguments<'deleteManifest'>): Promise<void> {
    return this.#parts.repositories.deleteManifest(...args)
  }

  deleteTag(...args: Arguments<'deleteTag'>): Promise<void> {
    return this.#parts.repositories.deleteTag(...args)
  }

  tags(...args: Arguments<'tags'>): ReturnType<Repositories['tags']> {
    return this.#parts.repositories.tags(...args)
  }

  referrers(...args: Arguments<'referrers'>): ReturnType<Repositories['referrers']> {
    return this.#parts.repositories.referrers(...args)
  }
}
