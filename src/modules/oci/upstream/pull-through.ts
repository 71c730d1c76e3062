import { LRUCache } from 'lru-cache'
import { type DomainError, isDomainError } from '../../../shared/errors/domain-error.ts'
import { unlessRefused } from '../../../shared/errors/unless.ts'
import { byCount } from '../../../shared/kernel/by-count.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { SingleFlight } from '../../../shared/kernel/single-flight.ts'
import { parseDigest } from '../../../shared/types/digest.ts'
import { isTagName } from '../../../shared/types/tag-name.ts'
import type { BlobContent, Repositories, RepositoryRef, ResolvedManifest } from '../../artifacts/contract.ts'
import { BlobUnknown, ManifestUnknown } from '../../artifacts/errors.ts'
import { type AdmissionParts, admit, asRegistry, registry, unlessAbsent } from './admission.ts'
import { UpstreamAnswerInvalid, UpstreamDenied } from './errors.ts'
import type { Upstream } from './settings.ts'
import type { FetchedManifest, UpstreamClient } from './upstream-client.ts'

export interface PullThroughParts extends AdmissionParts {
  readonly repositories: Repositories
  readonly client: UpstreamClient
  readonly log: Logger
}

/** What the upstream said last of a name: what is here is right; it could not be asked; there is nothing. */
type Answer = 'current' | 'stale' | 'absent'

const maxRemembered = 20_000
/** So long an upstream that failed, or had nothing, is not asked for the same again. */
const patienceMs = 5_000
const staleWarning = 'the upstream registry does not answer: this is the last copy of what it had'

/** One namespace as a cache: what is asked for and not here is fetched, checked and kept; who asks has to be allowed to read here first. */
export class PullThrough {
  readonly #parts: PullThroughParts
  readonly #upstream: Upstream
  readonly #allowed: RegExp | undefined
  readonly #answers = new LRUCache<string, Answer>(byCount(maxRemembered))
  readonly #asking = new SingleFlight<Answer>()

  constructor(parts: PullThroughParts, upstream: Upstream) {
    this.#parts = parts
    this.#upstream = upstream
    this.#allowed = upstream.allow && globs(upstream.allow)
  }

  /** Whether the upstream is asked for this repository. */
  covers({ name, format }: RepositoryRef): boolean {
    return format === 'oci' && (this.#allowed === undefined || this.#allowed.test(name))
  }

  manifest(principal: Principal, ref: RepositoryRef, reference: string): Promise<ResolvedManifest> {
    if (parseDigest(reference)) return this.#byDigest(principal, ref, reference)
    return isTagName('oci', reference)
      ? this.#byTag(principal, ref, reference)
      : this.#parts.repositories.manifest(principal, ref, reference)
  }

  async blob(principal: Principal, ref: RepositoryRef, digest: string): Promise<BlobContent> {
    const { repositories } = this.#parts
    const found = await unlessAbsent(() => repositories.blob(principal, ref, digest))
    if (found) return found
    const answer = await this.#ask(principal, ref, { key: `blob ${digest}`, find: () => this.#fetchBlob(ref, digest) })
    if (answer === 'absent') return this.#missing(principal, ref, new BlobUnknown(digest))
    return repositories.blob(principal, ref, digest)
  }

  async #byDigest(principal: Principal, ref: RepositoryRef, digest: string): Promise<ResolvedManifest> {
    const { repositories } = this.#parts
    const found = await unlessAbsent(() => repositories.manifest(principal, ref, digest))
    if (found) return found
    const answer = await this.#ask(principal, ref, { key: digest, find: () => this.#fetchManifest(ref, digest) })
    if (answer === 'absent') return this.#missing(principal, ref, new ManifestUnknown(digest))
    return repositories.manifest(principal, ref, digest)
  }

  async #byTag(principal: Principal, ref: RepositoryRef, tag: string): Promise<ResolvedManifest> {
    const key = keyOf(ref, tag)
    const remembered = this.#answers.get(key)
    if (remembered === 'current' || remembered === 'stale') {
      const found = await this.#held(principal, { ref, tag }, remembered)
      if (found) return found
      await admit(this.#parts, principal, { ref, action: 'read' })
      // It was deleted here since, or is hidden from the caller, which asking again finds out.
      this.#answers.delete(key)
    }
    const ttlMs = this.#upstream.tagTtlSeconds * 1_000
    const answer = await this.#ask(principal, ref, { key: tag, find: () => this.#revalidate(ref, tag), ttlMs })
    const found = answer === 'absent' ? undefined : await this.#held(principal, { ref, tag }, answer)
    return found ?? this.#missing(principal, ref, new ManifestUnknown(tag))
  }

  async #held(principal: Principal, { ref, tag }: { readonly ref: RepositoryRef; readonly tag: string }, answer: Answer) {
    const found = await unlessAbsent(() => this.#parts.repositories.manifest(principal, ref, tag))
    return found && answer === 'stale' ? { ...found, warnings: [...found.warnings, staleWarning] } : found
  }

  /** A repository that is nowhere is answered as it is outside of a cache, and as one that is hidden (design.md §4). */
  async #missing(principal: Principal, ref: RepositoryRef, error: DomainError): Promise<never> {
    await this.#parts.catalog.locate(principal, ref, 'read')
    throw error
  }

  /** Nothing is sent on behalf of somebody who may not read here (D-24). What was fetched by digest is here, so only its absence is remembered. */
  async #ask(
    principal: Principal,
    ref: RepositoryRef,
    { key: about, find, ttlMs = 0 }: { readonly key: string; readonly find: () => Promise<Answer>; readonly ttlMs?: number },
  ): Promise<Answer> {
    await admit(this.#parts, principal, { ref, action: 'read' })
    const key = keyOf(ref, about)
    const remembered = this.#answers.get(key)
    if (remembered) return remembered
    return this.#asking.do(key, async () => {
      const answer = await asRegistry(() => this.#orAbsent(ref, find))
      const ttl = answer === 'current' ? ttlMs : patienceMs
      if (ttl > 0) this.#answers.set(key, answer, { ttl })
      return answer
    })
  }

  /** Many registries refuse what they do not have. */
  async #orAbsent(ref: RepositoryRef, find: () => Promise<Answer>): Promise<Answer> {
    try {
      return await find()
    } catch (error) {
      if (!(error instanceof UpstreamDenied)) throw error
      this.#warn(ref, error, 'the upstream registry refused a pull')
      return 'absent'
    }
  }

  async #fetchBlob(ref: RepositoryRef, digest: string): Promise<Answer> {
    const blob = await this.#parts.client.blob(ref.name, digest)
    if (!blob) return 'absent'
    const { body, sizeBytes, discard } = blob
    try {
      const content = { body, digest, awaited: true as const, ...(sizeBytes !== undefined && { sizeBytes }) }
      await this.#keep(ref, () => this.#parts.repositories.pushBlob(registry, ref, content))
    } finally {
      discard()
    }
    return 'current'
  }

  async #fetchManifest(ref: RepositoryRef, digest: string): Promise<Answer> {
    const manifest = await this.#parts.client.manifest(ref.name, digest)
    if (!manifest) return 'absent'
    await this.#store(ref, { ...manifest, digest }, [])
    return 'current'
  }

  /** A name that the namespace's `immutableTags` has bound here cannot change, so nobody has to ask. */
  async #revalidate(ref: RepositoryRef, tag: string): Promise<Answer> {
    // What is in quarantine may have been replaced there.
    const held = await unlessRefused(() => this.#parts.repositories.manifest(registry, ref, tag))
    if (held?.version) return 'current'
    if (!held) return this.#fetchTag(ref, tag, undefined)
    try {
      const there = await this.#parts.client.digestOf(ref.name, tag)
      return there?.digest === held.digest ? 'current' : await this.#fetchTag(ref, tag, { gone: there === undefined })
    } catch (error) {
      if (!isDomainError(error)) throw error
      this.#warn(ref, error, 'the upstream registry could not be asked, and a stale tag is served')
      return 'stale'
    }
  }

  async #fetchTag(ref: RepositoryRef, tag: string, held: { readonly gone: boolean } | undefined): Promise<Answer> {
    const { client, repositories } = this.#parts
    const manifest = held?.gone ? undefined : await client.manifest(ref.name, tag)
    if (manifest) {
      await this.#store(ref, manifest, [tag])
      return 'current'
    }
    if (held) await unlessAbsent(() => repositories.deleteTag(registry, ref, tag))
    return 'absent'
  }

  async #store(ref: RepositoryRef, { mediaType, content, digest }: FetchedManifest, tags: readonly string[]): Promise<void> {
    const push = { mediaType, content, tags, sparse: true as const, ...(digest !== undefined && { digest }) }
    await this.#keep(ref, () => this.#parts.repositories.pushManifest(registry, ref, push))
  }

  /** What the caller asked for is in order; what came is not. */
  async #keep(ref: RepositoryRef, push: () => Promise<unknown>): Promise<void> {
    try {
      await push()
    } catch (error) {
      if (!isDomainError(error) || (error.kind !== 'invalid' && error.kind !== 'conflict')) throw error
      this.#warn(ref, error, 'what the upstream registry sent was refused')
      throw new UpstreamAnswerInvalid(error)
    }
  }

  #warn({ namespace, name }: RepositoryRef, { code, cause }: DomainError, message: string): void {
    const reason = cause instanceof Error ? cause.message : undefined
    this.#parts.log.warn({ repository: `${namespace}/${name}`, upstream: this.#upstream.url, code, reason }, message)
  }
}

const keyOf = ({ name }: RepositoryRef, about: string): string => `${name} ${about}`

const globs = (patterns: readonly string[]): RegExp =>
  new RegExp(`^(?:${patterns.map((pattern) => pattern.replaceAll('.', '\\.').replace(/\*+/g, '.*')).join('|')})$`)
