import { asFunction, type AwilixContainer } from 'awilix'
import { asUse } from './boot-settings.ts'
import type { Module, ModuleUse } from './module.ts'
import type { Resolve } from './service.ts'

/** Modules named in the configuration replace the settings of their namesakes in the tree, or join them. */
export function combineModules(tree: readonly Module[], named: readonly (Module | ModuleUse)[]): ModuleUse[] {
  const uses = new Map(tree.map((module) => [module.name, asUse(module)]))
  const joined: ModuleUse[] = []
  for (const use of named.map(asUse)) {
    // A configuration may import its own copy of a built-in module: the one of the tree runs, with those settings.
    const own = uses.get(use.module.name)
    if (own) uses.set(use.module.name, { module: own.module, settings: use.settings })
    else joined.push(use)
  }
  return [...uses.values(), ...joined]
}

export interface ModuleHost {
  readonly container: AwilixContainer
  readonly resolve: Resolve
  /** By module name. */
  readonly settings: ReadonlyMap<string, unknown>
}

/** In dependency order; a module that fails stops the boot and is named. */
export async function setUpModules(ordered: readonly Module[], host: ModuleHost): Promise<void> {
  for (const module of ordered) await setUp(module, host)
}

async function setUp(module: Module, { container, resolve, settings }: ModuleHost): Promise<void> {
  const services = await module.setup(resolve, settings.get(module.name)).catch((error: unknown) => {
    throw new Error(`module ${module.name} failed to start: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
  for (const [name, { id }] of Object.entries(module.provides)) {
    container.register(
      id,
      asFunction(() => services[name])
        .singleton()
        .disposer(dispose),
    )
    // Only what was resolved is disposed, in reverse order.
    container.resolve(id)
  }
}

const disposed = new WeakSet<object>()

/** One object may stand behind several services. */
async function dispose(instance: unknown): Promise<void> {
  if (typeof instance !== 'object' || instance === null || !(Symbol.asyncDispose in instance) || disposed.has(instance)) return
  disposed.add(instance)
  await (instance as AsyncDisposable)[Symbol.asyncDispose]()
}
