import { unlessRefused } from '../../../shared/errors/unless.ts'
import type { Principal, Scope } from '../../../shared/kernel/principal.ts'
import type { RepositoryRef } from '../../artifacts/contract.ts'
import { type Authorizer, catalogAccess, type RepositoryAccess, type Resource } from '../../auth/contract.ts'
import type { Catalog } from '../../metadata/contract.ts'
import type { CacheNamespaces } from '../upstream/upstreams.ts'
import type { AskedScope, RepositoryAction } from './scope-grammar.ts'

export interface PermitDeps {
  readonly catalog: Catalog
  readonly authorizer: Authorizer
  readonly caches: CacheNamespaces
}

export interface Permitted {
  readonly access: RepositoryAccess
  /** The same in the words of the request. */
  readonly scope: string
}

/** What each action of a token lets its holder do; deleting is part of writing, but for versions, which take the right to manage. */
const scopesOf: Readonly<Record<RepositoryAction, readonly Scope[]>> = {
  pull: ['read'],
  push: ['read', 'publish'],
  delete: ['read', 'publish', 'admin'],
  '*': ['read', 'publish', 'admin'],
}
const needed: Readonly<Record<RepositoryAction, Scope>> = { pull: 'read', push: 'publish', delete: 'publish', '*': 'read' }

/** The part of what is asked that the caller may do now. What it may not even see gives the same nothing as what does not exist. */
export async function permit(principal: Principal, asked: readonly AskedScope[], deps: PermitDeps): Promise<Permitted> {
  const access = new Map<string, Set<Scope>>()
  const granted = await Promise.all(asked.map((one) => (one.kind === 'catalog' ? catalogScope : repositoryScope(principal, one, deps))))
  for (const { key, scopes } of granted) {
    const held = access.get(key) ?? new Set()
    for (const scope of scopes) access.set(key, held.add(scope))
  }
  return { access, scope: granted.flatMap(({ text }) => text ?? []).join(' ') }
}

interface Granted {
  readonly key: string
  readonly scopes: readonly Scope[]
  readonly text?: string
}

/** Everybody may list; the list holds what its reader may see. */
const catalogScope: Granted = { key: catalogAccess, scopes: ['read'], text: 'registry:catalog:*' }

async function repositoryScope(
  principal: Principal,
  { text, ref, actions }: Extract<AskedScope, { kind: 'repository' }>,
  deps: PermitDeps,
): Promise<Granted> {
  const held = await rightsOn(principal, ref, deps)
  const allowed = [...actions].filter((action) => held.has(needed[action]))
  const scopes = allowed.flatMap((action) => scopesOf[action]).filter((scope) => held.has(scope))
  return { key: `${ref.namespace}/${ref.name}`, scopes, ...(allowed.length > 0 && { text: `repository:${text}:${allowed.join(',')}` }) }
}

async function rightsOn(principal: Principal, ref: RepositoryRef, deps: PermitDeps): Promise<ReadonlySet<Scope>> {
  const { catalog, authorizer, caches } = deps
  const located = await unlessRefused(() => catalog.locate(principal, ref, 'read'))
  const resource = located?.resource ?? (await unborn(principal, ref, { catalog, caches }))
  if (!resource) return new Set()
  const may = await Promise.all([
    authorizer.allows(principal, 'read', resource),
    authorizer.allows(principal, 'publish', resource),
    authorizer.allows(principal, 'manage', resource),
  ])
  return new Set((['read', 'publish', 'admin'] as const).filter((_scope, index) => may[index]))
}

const nobodysId = '00000000-0000-0000-0000-000000000000'

/**
 * Stands for an artifact that is not there, or hidden: private, so that only a role in the namespace counts and both give the same answer. In a cache
 * it comes into being by being pulled, so whoever may read the namespace may try.
 */
async function unborn(
  principal: Principal,
  { namespace: text, name, format }: RepositoryRef,
  { catalog, caches }: Pick<PermitDeps, 'catalog' | 'caches'>,
): Promise<Resource | undefined> {
  const namespace = await unlessRefused(() => catalog.namespace(principal, text, 'read'))
  // What another door makes must be there before this one adds to it.
  if (!namespace || format !== 'oci') return undefined
  const { accountId, name: short, visibility } = namespace
  const place = { accountId, namespace: short, namespaceVisibility: visibility }
  if (accountId === null) return { ...place, newName: name }
  return { ...place, artifact: { id: nobodysId, name, visibility: caches.has(short) ? 'inherit' : 'private' } }
}
