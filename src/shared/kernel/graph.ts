import type { Module } from './module.ts'
import type { Service } from './service.ts'

export class BrokenModuleGraph extends Error {
  constructor(problems: readonly string[]) {
    super(['modules do not fit together', ...problems.map((problem) => `  ${problem}`)].join('\n'))
    this.name = 'BrokenModuleGraph'
  }
}

/** Proves that the modules fit together and returns them in start order. Reports every problem at once. */
export function orderModules<M extends Module>(modules: readonly M[], core: readonly Service<unknown>[]): M[] {
  const problems: string[] = []
  const coreIds = new Set(core.map(({ id }) => id))
  const owners = findOwners(modules, coreIds, problems)
  for (const kind of ['effects', 'events'] as const) problems.push(...namesakes(modules, kind))
  for (const module of modules) problems.push(...missing(module, owners, coreIds), ...ownNeeds(module), ...undeclared(module))
  const ordered = sort(modules, owners, problems)
  if (problems.length > 0) throw new BrokenModuleGraph([...new Set(problems)])
  return ordered
}

function findOwners<M extends Module>(modules: readonly M[], coreIds: ReadonlySet<string>, problems: string[]): Map<string, M> {
  // The kernel mounts a module of its own.
  const names = ['kernel', ...modules.map(({ name }) => name)]
  const repeated = names.filter((name, index) => names.indexOf(name) !== index)
  problems.push(...repeated.map((name) => `two modules are called ${name}`))
  const owners = new Map<string, M>()
  const provided = modules.flatMap((module) => Object.values(module.provides).map(({ id }) => ({ id, module })))
  for (const { id, module } of provided) {
    const taken = coreIds.has(id) ? 'the kernel' : owners.get(id)?.name
    if (taken === undefined) owners.set(id, module)
    else problems.push(`module ${module.name} provides ${id}, which ${taken} already provides`)
  }
  return owners
}

/** Queues and listeners know them by name alone. */
function namesakes(modules: readonly Module[], kind: 'effects' | 'events'): string[] {
  const things = new Set(modules.flatMap((module): readonly { readonly name: string }[] => module[kind]))
  const named = Map.groupBy(things, ({ name }) => name)
  return [...named].filter(([, { length }]) => length > 1).map(([name]) => `two ${kind} are called ${name}`)
}

const ownNeeds = ({ name, deps, optionalDeps, provides }: Module): string[] => {
  const own = new Set(Object.values(provides).map(({ id }) => id))
  const needed = [deps, optionalDeps].flatMap((services) => Object.values(services).map(({ id }) => id))
  return needed.filter((id) => own.has(id)).map((id) => `module ${name} needs ${id}, which it provides itself`)
}

const missing = (module: Module, owners: ReadonlyMap<string, Module>, coreIds: ReadonlySet<string>): string[] =>
  Object.values(module.deps)
    .filter(({ id }) => !coreIds.has(id) && !owners.has(id))
    .map(({ id }) => `module ${module.name} needs ${id}, which no module provides`)

function undeclared(module: Module): string[] {
  const known = [module.deps, module.optionalDeps, module.provides].flatMap((services) => Object.values(services).map(({ id }) => id))
  const declared = new Set(known)
  const used = [...module.handlers, ...module.effects].flatMap(({ deps }) => Object.values(deps).map(({ id }) => id))
  return used.filter((id) => !declared.has(id)).map((id) => `module ${module.name} uses ${id} without declaring it`)
}

function sort<M extends Module>(modules: readonly M[], owners: ReadonlyMap<string, M>, problems: string[]): M[] {
  const ordered = new Set<M>()
  const visit = (module: M, trail: readonly M[]): void => {
    if (ordered.has(module)) return
    if (trail.includes(module)) {
      const cycle = [...trail.slice(trail.indexOf(module)), module].map(({ name }) => name)
      problems.push(`modules depend on each other: ${cycle.join(' -> ')}`)
      return
    }
    for (const { id } of [...Object.values(module.deps), ...Object.values(module.optionalDeps)]) {
      const owner = owners.get(id)
      if (owner && owner !== module) visit(owner, [...trail, module])
    }
    ordered.add(module)
  }
  for (const module of modules) visit(module, [])
  return [...ordered]
}
