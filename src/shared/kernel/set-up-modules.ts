import { type AwilixContainer, asValue } from 'awilix'
import { asUse } from './boot-settings.ts'
import { isModule, type Module, type ModuleUse } from './module.ts'
import type { Resolve } from './service.ts'
import type { Teardown } from './teardown.ts'

/** Modules named in the configuration replace the settings of their namesakes in the tree, or join them. */
export function combineModules(tree: readonly Module[], named: readonly (Module | ModuleUse)[]): ModuleUse[] {
  const uses = new Map(tree.map((module) => [module.name, asUse(module)]))
  const joined: ModuleUse[] = []
  for (const [index, entry] of named.entries()) {
    const use = moduleAt(entry, index)
    // A configuration may import its own copy of a built-in module: the one of the tree runs, with those settings.
    const own = uses.get(use.module.name)
    if (own) uses.set(use.module.name, { module: own.module, settings: use.settings })
    else joined.push(use)
  }
  return [...uses.values(), ...joined]
}

/** Configurations are written by hand, and not always checked by a compiler. */
function moduleAt(entry: unknown, index: number): ModuleUse {
  const use = typeof entry === 'object' && entry !== null ? asUse(entry as Module | ModuleUse) : undefined
  if (!use || !isModule(use.module)) throw new Error(`modules[${index}] of the configuration is not a module made by defineModule(...)`)
  return use
}

export interface ModuleHost {
  readonly container: AwilixContainer
  readonly resolve: Resolve
  /** By module name. */
  readonly settings: ReadonlyMap<string, unknown>
  /** Gets a step for every service that can be disposed. */
  readonly teardown: Teardown
}

/** In dependency order; a module that fails stops the boot and is named. */
export async function setUpModules(ordered: readonly Module[], host: ModuleHost): Promise<void> {
  for (const module of ordered) await setUp(module, host)
}

async function setUp(module: Module, { container, resolve, settings, teardown }: ModuleHost): Promise<void> {
  const { name: owner } = module
  const services = await module.setup(resolve, settings.get(owner)).catch((error: unknown) => {
    throw new Error(`module ${owner} failed to start: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
  // One object may stand behind several services.
  for (const instance of new Set(Object.values(services)))
    if (isDisposable(instance)) teardown.add(`module ${owner}`, async () => instance[Symbol.asyncDispose]())
  for (const [name, { id }] of Object.entries(module.provides)) {
    if (services[name] === undefined) throw new Error(`module ${owner} failed to start: it declares ${id} and does not provide it`)
    container.register(id, asValue(services[name]))
  }
}

const isDisposable = (instance: unknown): instance is AsyncDisposable =>
  typeof instance === 'object' && instance !== null && Symbol.asyncDispose in instance
