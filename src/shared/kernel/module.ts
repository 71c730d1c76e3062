import type { EntitySchema } from '@mikro-orm/core'
import type { Static, TObject } from '@sinclair/typebox'
import type { Effect } from './effect.ts'
import type { DomainEvent } from './event.ts'
import type { Handler } from './handler.ts'
import type { HttpMount } from './http-mount.ts'
import { type Resolve, type Resolved, resolveAll, type Service, type Services } from './service.ts'

type DeepPartial<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T

export interface ModuleUse {
  readonly module: Module
  readonly settings: unknown
}

/** What an operator should know a module touches. */
export type Capability = 'database' | 'cache' | 'effects' | 'network' | 'file-system' | 'child-process'

export type Health =
  | { readonly status: 'up' }
  /** Optional: the module serves without what is down (D-19). */
  | { readonly status: 'down'; readonly reason: string; readonly isOptional?: boolean }

const brand: unique symbol = Symbol.for('registry.module')
export const isModule = (value: unknown): value is Module => typeof value === 'object' && value !== null && brand in value

export interface Module<in Settings = never> {
  readonly [brand]: true
  readonly name: string
  readonly version: string
  readonly description: string
  readonly config: TObject
  readonly deps: Services
  readonly optionalDeps: Services
  readonly provides: Services
  readonly handlers: readonly Handler[]
  readonly effects: readonly Effect<never>[]
  readonly events: readonly DomainEvent<unknown>[]
  readonly entities: readonly EntitySchema[]
  /** Folder of migration files, run in name order after those of the modules this one depends on. */
  readonly migrations: URL | undefined
  readonly capabilities: readonly Capability[]
  readonly http: HttpMount
  readonly setup: (resolve: Resolve, settings: unknown) => Promise<Readonly<Record<string, unknown>>>
  /** Asked by `/ready`; at most 1 s. */
  readonly health: ((resolve: Resolve) => Promise<Health>) | undefined
  configure(settings: Settings): ModuleUse
}

type Optional<D extends Services> = { readonly [K in keyof D]: (D[K] extends Service<infer T> ? T : never) | undefined }

/**
 * A room of the house. `setup` runs once, in dependency order, and returns the services of `provides`;
 * one with `[Symbol.asyncDispose]` is disposed at stop, in reverse order.
 */
export function defineModule<
  C extends TObject,
  const D extends Services,
  const P extends Services,
  const O extends Services = Record<never, never>,
>(spec: {
  name: string
  version?: string
  description: string
  config: C
  deps: D
  optionalDeps?: O
  provides: P
  setup: (deps: Resolved<D> & Optional<O>, config: Static<C>) => Resolved<P> | Promise<Resolved<P>>
  handlers?: readonly Handler[]
  effects?: readonly Effect<never>[]
  events?: readonly DomainEvent<unknown>[]
  entities?: readonly EntitySchema[]
  migrations?: URL
  capabilities?: readonly Capability[]
  health?: (services: Resolved<P>) => Promise<Health>
  http?: HttpMount
}): Module<DeepPartial<Static<C>>> {
  const { version = '1.0.0', handlers = [], effects = [], events = [], entities = [], capabilities = [], http = {} } = spec
  const { name, description, config, deps, provides, migrations, health } = spec
  const optionalDeps: Services = spec.optionalDeps ?? {}
  const module: Module<DeepPartial<Static<C>>> = {
    [brand]: true,
    ...{
      name,
      version,
      description,
      config,
      deps,
      optionalDeps,
      provides,
      migrations,
      handlers,
      effects,
      events,
      entities,
      capabilities,
      http,
    },
    setup: async (resolve, settings) => {
      const resolved = { ...resolveAll(deps, resolve), ...resolveAll(optionalDeps, resolve) }
      return spec.setup(resolved as Resolved<D> & Optional<O>, settings as Static<C>)
    },
    health: health && ((resolve) => health(resolveAll(provides, resolve))),
    configure: (settings) => ({ module, settings }),
  }
  return module
}
