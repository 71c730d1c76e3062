import type { Principal } from '../../shared/kernel/principal.ts'
import { ArtifactNameSchema } from '../../shared/types/artifact-name.ts'
import { parseNamespace } from '../../shared/types/namespace-name.ts'
import type { Action, Authorizer, Resource } from '../auth/contract.ts'
import type { SecondFactor } from '../auth/logins.contract.ts'
import type { Artifact, ArtifactRef, Located, Namespace } from './contract.ts'
import type { Directory } from './directory.ts'
import { AmbiguousFormat, ArtifactNotFound, NamespaceNotFound } from './errors.ts'
import { requireFactor } from './publish-factor.ts'

// Of any format; nothing else was ever stored.
const isName = new RegExp(ArtifactNameSchema.pattern ?? '')

const namespaceAbsent = () => new NamespaceNotFound()
const artifactAbsent = () => new ArtifactNotFound()

export const resourceOf = ({ accountId, name, visibility }: Namespace, artifact?: Resource['artifact']): Resource => ({
  accountId,
  namespace: name,
  namespaceVisibility: visibility,
  ...(artifact && { artifact: { id: artifact.id, name: artifact.name, visibility: artifact.visibility } }),
})

/** From names to what the caller may touch; what it may not even see is answered as if it did not exist. */
export class Locator {
  readonly #directory: Directory
  readonly #authorizer: Authorizer
  readonly #secondFactor: SecondFactor

  constructor(
    directory: Directory,
    { authorizer, secondFactor }: { readonly authorizer: Authorizer; readonly secondFactor: SecondFactor },
  ) {
    this.#directory = directory
    this.#authorizer = authorizer
    this.#secondFactor = secondFactor
  }

  async namespace(principal: Principal, name: string, action: Action): Promise<Namespace> {
    const found = await this.known(name)
    const check = () => this.#authorizer.require(principal, action, found && resourceOf(found), namespaceAbsent)
    await slowly(check, () => found && this.#directory.currentNamespace(found.name))
    return present(found, namespaceAbsent)
  }

  /** For whoever reads it, or is about to change it: then with the second factor that the artifact wants of everybody. */
  async artifact(principal: Principal, ref: ArtifactRef, action: Action): Promise<Located> {
    const located = await this.permitted(principal, ref, action)
    if (action !== 'read') await requireFactor(this.#secondFactor, principal, located.artifact)
    return located
  }

  /** By rights alone. */
  async permitted(principal: Principal, ref: ArtifactRef, action: Action): Promise<Located> {
    const namespace = await this.known(ref.namespace)
    const all = namespace && isName.test(ref.name) && ref.name.length <= 255 ? await this.#directory.artifacts(namespace.id, ref.name) : []
    const wanted = all.filter(({ format }) => ref.format === undefined || format === ref.format)
    const located = namespace ? wanted.map((artifact) => locatedAt(namespace, artifact, principal)) : []
    const chosen = located.length > 1 ? await this.#onlyVisible(principal, located) : located[0]
    const check = () => this.#authorizer.require(principal, action, chosen?.resource, artifactAbsent)
    await slowly(check, () => chosen && this.#directory.currentArtifacts(chosen.namespace.id, ref.name))
    return present(chosen, artifactAbsent)
  }

  /** The namespace itself, whoever may see it: for callers that ask the authorizer themselves. */
  async known(name: string): Promise<Namespace | undefined> {
    const short = parseNamespace(name)
    return short === undefined ? undefined : this.#directory.namespace(short)
  }

  async isHere({ namespace, name, format }: Required<ArtifactRef>): Promise<boolean> {
    const found = await this.known(namespace)
    if (!found || found.accountId !== null) return found !== undefined
    return (await this.#directory.artifacts(found.id, name)).some((artifact) => artifact.format === format)
  }

  /** A format that is hidden from the caller must not make a name ambiguous. */
  async #onlyVisible(principal: Principal, located: readonly Located[]): Promise<Located | undefined> {
    const visible: Located[] = []
    for (const one of located) if (await this.#authorizer.allows(principal, 'read', one.resource)) visible.push(one)
    if (visible.length > 1) throw new AmbiguousFormat(visible.map(({ artifact }) => artifact.format))
    return visible[0]
  }
}

export const locatedAt = (namespace: Namespace, artifact: Artifact, caller: Principal): Located => ({
  namespace,
  artifact,
  resource: resourceOf(namespace, artifact),
  caller,
})

/** A refusal costs a query, as finding nothing does: what is cached must not say no any faster than what is absent (D-13). */
export async function slowly(check: () => Promise<void>, query: () => Promise<unknown> | undefined): Promise<void> {
  try {
    await check()
  } catch (refusal) {
    await query()
    throw refusal
  }
}

function present<T>(value: T | undefined, absent: () => Error): T {
  if (value === undefined) throw absent()
  return value
}
