import type { KernelSettings } from './kernel-settings.ts'
import type { Module, ModuleUse } from './module.ts'
import type { Environment } from './settings.ts'

export interface RegistryConfig {
  /** The process environment, handed over by `registry.config.ts`, its only reader. */
  readonly env: Environment
  /** Kernel settings an operator fixes in code; the environment wins over them. */
  readonly kernel?: Partial<KernelSettings>
  /** Third-party modules, and settings of the built-in ones (`search.configure({ … })`). */
  readonly modules: readonly (Module | ModuleUse)[]
}
export const defineConfig = (config: RegistryConfig): RegistryConfig => config
