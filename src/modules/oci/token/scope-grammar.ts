import type { RepositoryRef } from '../../artifacts/contract.ts'
import { parseRepository } from '../repository.ts'
import { ScopeInvalid } from './errors.ts'

/** One thing a client asks a token for. */
export type AskedScope =
  | { readonly kind: 'repository'; readonly text: string; readonly ref: RepositoryRef; readonly actions: ReadonlySet<RepositoryAction> }
  | { readonly kind: 'catalog' }

export const repositoryActions = ['pull', 'push', 'delete', '*'] as const
export type RepositoryAction = (typeof repositoryActions)[number]

const maxScopes = 20
const maxTextLength = 8_192
const maxNameLength = 255
// CNCF distribution, "Token Scope Documentation": resourcetype [ "(" value ")" ] ":" resourcename ":" action { "," action }.
const form = /^([a-z]+)(?:\([a-z0-9]+\))?:([A-Za-z0-9._:/-]+):((?:[a-z]+|\*)?(?:,(?:[a-z]+|\*))*)$/

/**
 * The values of the parameter `scope`, each with one or several scopes between blanks. Types, actions and repositories this registry does not
 * have are left out. Throws ScopeInvalid for what is no scope, more than 20 of them, or a name beyond 255 characters. Linear in its input.
 */
export function parseScopes(values: readonly string[]): readonly AskedScope[] {
  const parsed = textsOf(values).map(parseScope)
  const repositories = new Map<string, Set<RepositoryAction>>()
  for (const { type, name, actions } of parsed) {
    if (type !== 'repository') continue
    const known = repositories.get(name) ?? new Set()
    repositories.set(name, known)
    for (const action of repositoryActions) if (actions.includes(action)) known.add(action)
  }
  const catalog = parsed.some(({ type, name, actions }) => type === 'registry' && name === 'catalog' && actions.includes('*'))
  return [...repositoryScopes(repositories), ...(catalog ? [{ kind: 'catalog' as const }] : [])]
}

function textsOf(values: readonly string[]): string[] {
  const total = values.reduce((length, value) => length + value.length, 0)
  if (total > maxTextLength) throw new ScopeInvalid('the scopes are longer than a token can be')
  const texts = new Set(values.flatMap((value) => value.split(' ')).filter((text) => text !== ''))
  if (texts.size > maxScopes) throw new ScopeInvalid(`a token is for at most ${maxScopes} scopes`)
  return [...texts]
}

interface ParsedScope {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

function parseScope(text: string): ParsedScope {
  const [, type = '', name = '', actions = ''] = form.exec(text) ?? []
  if (type === '') throw new ScopeInvalid()
  if (name.length > maxNameLength) throw new ScopeInvalid('the name of a repository is at most 255 characters')
  return { type, name, actions: actions.split(',') }
}

function repositoryScopes(asked: ReadonlyMap<string, ReadonlySet<RepositoryAction>>): AskedScope[] {
  return [...asked].flatMap(([text, actions]) => {
    const ref = parseRepository(text)
    return ref ? [{ kind: 'repository' as const, text, ref, actions }] : []
  })
}
