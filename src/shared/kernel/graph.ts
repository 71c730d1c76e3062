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
  for (const module of modules) problems.push(...missing(module, owners, coreIds), ...undeclared(module))
  const ordered = sort(modules, owners, problems)
  if (problems.length > 0) throw new BrokenModuleGraph([...new Set(problems)])
  return ordered
}

function findOwners<M extends Module>(modules: readonly M[], coreIds: ReadonlySet<string>, problems: string[]): Map<string, M> {
  const owners = new Map<string, M>()
  const names = new Set<string>()
  for (const module of modules) {
    if (names.has(module.name)) problems.push(`two modules are called ${module.name}`)
    names.add(module.name)
    for (const { id } of Object.values(module.provides)) {
      const taken = owners.get(id)?.name ?? (coreIds.has(id) ? 'the kernel' : undefined)
      if (taken) problems.push(`module ${module.name} provides ${id}, which ${taken} already provides`)
      else owners.set(id, module)
    }
  }
  return owners
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
