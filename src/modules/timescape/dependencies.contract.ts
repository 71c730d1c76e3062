import { service } from '../../shared/kernel/service.ts'

/**
 * `runtime`: the list of a manifest or of a package; `peer`, `optional`: as npm has them; `model`, `module`, `image`: what agents, plugins and templates
 * refer to; `transformer`: what a transformer is of.
 */
export type DependencyKind = 'runtime' | 'peer' | 'optional' | 'model' | 'module' | 'image' | 'transformer'

export interface Dependency {
  readonly namespace: string
  readonly name: string
  /** As it was written: a range, a tag, or a text of another kind, such as a URL; `*` for one that says nothing. */
  readonly range: string
  readonly optional: boolean
  readonly kind: DependencyKind
  /** A reference of `config` that names no namespace: of the own one until it is placed (design.md §5 decision 9). */
  readonly isUnplaced?: true
}

/** What declares dependencies. */
export interface Declaring {
  readonly id: string
  /** Its own namespace. */
  readonly namespace: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What versions say they depend on, whatever their format and type; every dependency has its namespace. */
export interface DeclaredDependencies {
  /** By id. */
  of(declaring: readonly Declaring[]): Promise<ReadonlyMap<string, readonly Dependency[]>>
}
export const DeclaredDependencies = service<DeclaredDependencies>('timescape.declared_dependencies')
