import type { RegistryConfig } from './config.ts'
import { checkKernelSettings, KernelSettings } from './kernel-settings.ts'
import type { Module, ModuleUse } from './module.ts'
import { InvalidSettings, readSettings, type SettingProblem, variablesOf } from './settings.ts'
import { type UnknownVariable, unknownVariables } from './unknown-variables.ts'

export interface BootSettings {
  readonly kernel: KernelSettings
  /** By module name. */
  readonly modules: ReadonlyMap<string, unknown>
  /** Set, and read by nobody. */
  readonly unknown: readonly UnknownVariable[]
}

export const asUse = (entry: Module | ModuleUse): ModuleUse => ('module' in entry ? entry : { module: entry, settings: {} })

/** `REGISTRY_<MODULE>`, for a module name in kebab-case. */
export const modulePrefix = (name: string): string => `REGISTRY_${name.toUpperCase().replaceAll('-', '_')}`

/** Settings of the kernel and of every module, or one error that lists all that is wrong with them. */
export function bootSettings({ env, kernel: given }: Pick<RegistryConfig, 'env' | 'kernel'>, uses: readonly ModuleUse[]): BootSettings {
  const problems: SettingProblem[] = []
  const kernel = readSettings(KernelSettings, { owner: 'kernel', prefix: 'REGISTRY', given, env }, problems)
  if (problems.length === 0) checkKernelSettings(kernel, problems)
  const modules = new Map<string, unknown>()
  for (const { module, settings } of uses) {
    const source = { owner: `module ${module.name}`, prefix: modulePrefix(module.name), given: settings, env }
    modules.set(module.name, readSettings(module.config, source, problems))
  }
  if (problems.length > 0) throw new InvalidSettings(problems)
  return { kernel, modules, unknown: unknownVariables(env, knownVariables(uses)) }
}

function knownVariables(uses: readonly ModuleUse[]): string[] {
  const schemas = [
    { prefix: 'REGISTRY', config: KernelSettings },
    ...uses.map(({ module: { name, config } }) => ({ prefix: modulePrefix(name), config })),
  ]
  return schemas.flatMap(({ prefix, config }) =>
    Object.entries(config.properties).flatMap(([key, property]) => variablesOf(prefix, key, property)),
  )
}
