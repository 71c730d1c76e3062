import { anonymous, type Principal } from '../../shared/kernel/principal.ts'
import type { Action, Authorizer, Resource } from '../auth/contract.ts'
import type { Catalog } from '../metadata/contract.ts'
import { NamespaceNotFound } from '../metadata/errors.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import { ruleOf } from './kinds.ts'
import type { NotedEvent } from './noted-event.ts'

/** Nobody's: finds what events name, and answers to no caller. */
const registry: Principal = { userId: '00000000-0000-0000-0000-000000000000', isAdmin: true, scopes: new Set(['read', 'admin']) }

/** Rights about so many events are looked up at once. */
const atOnce = 10

/** A user, or a namespace with its webhooks. */
export type Listener = { readonly principal: Principal } | { readonly accountId: string | null; readonly namespaceId: string }

/** What an event is about now, and what is needed to hear of it. */
export interface Theme {
  readonly resource: Resource
  readonly namespaceId: string
  readonly right: Action
  /** What it tells of beside: nobody hears of it who may not read that too. */
  readonly beside?: Theme
}

export interface AudienceDeps {
  readonly authorizer: Authorizer
  readonly records: Records
  readonly publications: Publications
  readonly catalog: Catalog
}

/** Who may hear of an event, asked anew whenever something is about to leave the registry. */
export class Audience {
  readonly #deps: AudienceDeps
  constructor(deps: AudienceDeps) {
    this.#deps = deps
  }

  /** Undefined for what is not there any more: nobody hears of it. */
  async themeOf(event: NotedEvent): Promise<Theme | undefined> {
    const right = neededOf(event)
    if (event.artifactId === null) {
      const namespace = await this.namespace(event.namespace)
      if (namespace?.id !== event.namespaceId) return undefined
      const { accountId, name, visibility } = namespace
      return { resource: { accountId, namespace: name, namespaceVisibility: visibility }, namespaceId: namespace.id, right }
    }
    const located = await this.#deps.records.located(event.artifactId)
    if (!located) return undefined
    const needed = right === 'read' && (await this.#isUnnamed(event)) ? 'publish' : right
    const theme = { resource: located.resource, namespaceId: located.namespace.id, right: needed }
    const dependencyId = dependencyOf(event)
    if (dependencyId === undefined) return theme
    const dependency = await this.#deps.records.located(dependencyId)
    return dependency && { ...theme, beside: { resource: dependency.resource, namespaceId: dependency.namespace.id, right: 'read' } }
  }

  async mayHear(listener: Listener, { beside, ...theme }: Theme): Promise<boolean> {
    return (beside === undefined || (await this.#mayHear(listener, beside))) && this.#mayHear(listener, theme)
  }

  /** Those it may hear of, few at a time: a page of notices is about few things, which are looked up once each. */
  async heard<E extends NotedEvent>(listener: Listener, events: readonly E[]): Promise<E[]> {
    const asked = new Map<string, Promise<boolean>>()
    const answer = (event: E): Promise<boolean> => {
      const key = themeKeyOf(event)
      const found = asked.get(key) ?? this.themeOf(event).then((theme) => theme !== undefined && this.mayHear(listener, theme))
      asked.set(key, found)
      return found
    }
    const heard: E[] = []
    for (let from = 0; from < events.length; from += atOnce) {
      const some = events.slice(from, from + atOnce)
      const answers = await Promise.all(some.map(answer))
      heard.push(...some.filter((_event, index) => answers[index]))
    }
    return heard
  }

  async #mayHear(listener: Listener, { resource, namespaceId, right }: Theme): Promise<boolean> {
    const { authorizer } = this.#deps
    if ('principal' in listener) return authorizer.allows(listener.principal, right, resource)
    // Whoever owns the artifact may do anything with it; an organization has no rights elsewhere.
    if (listener.namespaceId === namespaceId) return true
    if (listener.accountId !== null && listener.accountId === resource.accountId) return true
    return right === 'read' && authorizer.allows(anonymous, 'read', resource)
  }

  async namespace(name: string) {
    try {
      return await this.#deps.catalog.namespace(registry, name, 'read')
    } catch (error) {
      if (error instanceof NamespaceNotFound) return undefined
      throw error
    }
  }

  /** Of a manifest without a name, as one that waits to be published, only those who may publish know. */
  async #isUnnamed({ artifactId, manifestDigest, kind }: NotedEvent): Promise<boolean> {
    if (artifactId === null || manifestDigest === null || !aboutManifest.has(kind)) return false
    const { records, publications } = this.#deps
    const { versions, tags } = await records.namesOf(artifactId, manifestDigest)
    if (tags.length > 0 || versions.length === 0) return tags.length === 0
    const waiting = (await publications.held(artifactId)).find((held) => held.manifestDigest === manifestDigest)
    // One publication may wait with several versions: all but the first are among its other names.
    return waiting !== undefined && versions.every((version) => version === waiting.version || waiting.tags.includes(version))
  }
}

/** The same for events that have the same theme: everything of an event that `themeOf` looks at. */
const themeKeyOf = (event: NotedEvent): string => {
  const { artifactId, namespaceId, namespace, kind, manifestDigest } = event
  const about = artifactId === null ? [namespaceId, namespace] : [artifactId, aboutManifest.has(kind) && manifestDigest]
  return JSON.stringify([kind, neededOf(event), dependencyOf(event) ?? null, ...about])
}

/** The name of a version that never came out is for those who may publish. */
const neededOf = ({ kind, data }: NotedEvent): Action =>
  kind === 'metadata.version_deleted' && data['wasPending'] === true ? 'publish' : ruleOf(kind).right

function dependencyOf({ kind, data }: NotedEvent): string | undefined {
  const id = kind === 'timescape.dependants_affected' ? data['dependencyId'] : undefined
  return typeof id === 'string' ? id : undefined
}

const aboutManifest: ReadonlySet<string> = new Set([
  'metadata.manifest_quarantined',
  'metadata.quarantine_lifted',
  'scanning.vulnerability_detected',
])
