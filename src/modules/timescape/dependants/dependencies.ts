import { parseNamespace } from '../../../shared/types/namespace-name.ts'
import type { Dependency, DependencyKind } from '../dependencies.contract.ts'
import { isObject, listAt, objectAt, textAt } from '../gtype/json-values.ts'

const maxDependencies = 1_000
const maxRange = 256
/** As npm has it. */
const maxName = 214

/** Members of the metadata that name dependencies. */
export const declaringMembers = [
  ...['dependencies', 'peerDependencies', 'peerDependenciesMeta', 'optionalDependencies'],
  ...['requiredModules', 'fromArtifact', 'fromVersion', 'toVersion', 'config'],
] as const

type Metadata = Readonly<Record<string, unknown>>

/** What a version depends on: the list of a manifest, the objects of a `package.json`, and what else a manifest refers to. One entry per name. */
export function dependenciesOf(metadata: Metadata, ownNamespace: string): readonly Dependency[] {
  const { dependencies, peerDependencies, optionalDependencies } = metadata
  const found = [
    ...(Array.isArray(dependencies)
      ? dependencies.flatMap((entry) => ofManifest(entry, ownNamespace))
      : ofPackage(dependencies, 'runtime')),
    ...ofPackage(peerDependencies, 'peer', objectAt(metadata, 'peerDependenciesMeta')),
    ...ofPackage(optionalDependencies, 'optional'),
    ...referredTo(metadata, ownNamespace),
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
  const optional = entry['optional'] === true
  return [{ namespace, name: short.slice(slash + 1), range: rangeOf(entry['version']), optional, kind: 'runtime' }]
}

/** What agents, plugins and templates refer to beside their dependencies, and what a transformer is of. */
function referredTo(metadata: Metadata, ownNamespace: string): Dependency[] {
  const config = objectAt(metadata, 'config')
  const from = textAt(metadata, 'fromArtifact')
  const image = textAt(config, 'image')
  const ranges = [textAt(metadata, 'fromVersion'), textAt(metadata, 'toVersion')].filter((range) => range !== undefined)
  return [
    ...(listAt(config, 'modelReferences') ?? []).flatMap((text) => ofReference(text, 'model', ownNamespace)),
    ...(listAt(config, 'includesModules') ?? []).flatMap((text) => ofReference(text, 'module', ownNamespace)),
    ...(listAt(metadata, 'requiredModules') ?? []).flatMap((text) => ofReference(text, 'module', ownNamespace)),
    ...(image !== undefined && ownImage.test(image) ? ofReference(image, 'image', ownNamespace) : []),
    ...(from === undefined
      ? []
      : ofReference(from, 'transformer', ownNamespace).map((one) => ({ ...one, range: rangeOf(ranges.join(' || ')), optional: true }))),
  ].slice(0, maxDependencies)
}

/** `namespace/name:tag`; an image with a host, or by its digest, is not looked for here. */
const ownImage = /^[a-z0-9_-]+\/[a-z0-9/_-]+(?::[\w.-]+)?$/

/** `name`, `namespace/name`, each with an optional `:version` or `:tag`. */
function ofReference(text: unknown, kind: DependencyKind, ownNamespace: string): Dependency[] {
  if (typeof text !== 'string' || text.length > 512) return []
  const [path = '', version] = text.split(':')
  const isUnplaced = !path.includes('/')
  return ofManifest({ name: path, version }, ownNamespace).map((one) => ({ ...one, kind, ...(isUnplaced && { isUnplaced }) }))
}

/** `@scope/name` is of the namespace of its scope, a name without one of `library`. */
function ofPackage(dependencies: unknown, kind: 'runtime' | 'peer' | 'optional', about: Metadata = {}): Dependency[] {
  if (!isObject(dependencies)) return []
  return Object.entries(dependencies)
    .slice(0, maxDependencies)
    .flatMap(([alias, said]) => {
      const { name, range } = unaliased(alias, said)
      const [, scope, scoped = name] = /^@([^/]+)\/(.+)$/.exec(name) ?? []
      const namespace = scope === undefined ? 'library' : parseNamespace(scope)
      if (namespace === undefined || name.length > maxName) return []
      return [{ namespace, name: scoped, range: rangeOf(range), optional: kind === 'optional' || isOptional(about, alias), kind }]
    })
}

const isOptional = (about: Metadata, name: string): boolean => objectAt(about, name)['optional'] === true

/** `"alias": "npm:name@range"` depends on `name`. */
function unaliased(alias: string, said: unknown): { readonly name: string; readonly range: unknown } {
  const [, name, range] = (typeof said === 'string' && /^npm:(@?[^@]+)(?:@(.*))?$/.exec(said)) || []
  return name === undefined ? { name: alias, range: said } : { name, range }
}

const rangeOf = (range: unknown): string =>
  typeof range === 'string' && range.trim() !== '' ? range.slice(0, maxRange).toWellFormed() : '*'
