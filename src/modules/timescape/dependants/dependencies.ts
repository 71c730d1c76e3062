import { parseNamespace } from '../../../shared/types/namespace-name.ts'
import { isObject, textAt } from '../gtype/json-values.ts'

export interface Dependency {
  readonly namespace: string
  readonly name: string
  /** As it was written; `*` for one that says nothing. */
  readonly range: string
  readonly optional: boolean
}

const maxDependencies = 1_000
const maxRange = 256
/** As npm has it. */
const maxName = 214

/** What a version depends on: the list of a manifest, or the objects of a `package.json`. One entry per name. */
export function dependenciesOf(metadata: Readonly<Record<string, unknown>>, ownNamespace: string): readonly Dependency[] {
  const { dependencies, peerDependencies, optionalDependencies } = metadata
  const found = [
    ...(Array.isArray(dependencies) ? dependencies.flatMap((entry) => ofManifest(entry, ownNamespace)) : ofPackage(dependencies, false)),
    ...ofPackage(peerDependencies, false),
    ...ofPackage(optionalDependencies, true),
  ]
  const distinct = new Map(found.toReversed().map((one) => [`${one.namespace}/${one.name}`, one]))
  return [...distinct.values()].slice(0, maxDependencies)
}

const longForm = /^(?:gati\.dev\/(?:users|orgs)\/|@)/

function ofManifest(entry: unknown, ownNamespace: string): Dependency[] {
  const name = isObject(entry) ? textAt(entry, 'name') : undefined
  if (!isObject(entry) || name === undefined) return []
  const short = name.replace(longForm, '')
  const slash = short.indexOf('/')
  const said = slash > 0 ? short.slice(0, slash) : textAt(entry, 'namespace')
  const namespace = said === undefined ? ownNamespace : parseNamespace(said)
  if (namespace === undefined || short.length > maxName) return []
  return [{ namespace, name: short.slice(slash + 1), range: rangeOf(entry['version']), optional: entry['optional'] === true }]
}

/** `@scope/name` is of the namespace of its scope, a name without one of `library`. */
function ofPackage(dependencies: unknown, optional: boolean): Dependency[] {
  if (!isObject(dependencies)) return []
  return Object.entries(dependencies)
    .slice(0, maxDependencies)
    .flatMap(([name, range]) => {
      const [, scope, scoped] = /^@([^/]+)\/(.+)$/.exec(name) ?? []
      const namespace = scope === undefined ? 'library' : parseNamespace(scope)
      return namespace === undefined || name.length > maxName ? [] : [{ namespace, name: scoped ?? name, range: rangeOf(range), optional }]
    })
}

const rangeOf = (range: unknown): string =>
  typeof range === 'string' && range.trim() !== '' ? range.slice(0, maxRange).toWellFormed() : '*'
