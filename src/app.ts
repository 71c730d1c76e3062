import './shared/kernel/hold-boot-memory.ts'
import { FirstAdmin } from './modules/auth/contract.ts'
import { releaseBootMemory } from './shared/kernel/boot-memory.ts'
import { discoverModules } from './shared/kernel/discover.ts'
import { type Kernel, startKernel } from './shared/kernel/kernel.ts'
import { configLocation, loadConfig } from './shared/kernel/load-config.ts'
import { createLogger } from './shared/kernel/logging.ts'
import { resolveOwnPackage } from './shared/kernel/self-resolution.ts'
import { stopOnSignal } from './shared/kernel/stop-on-signal.ts'

export interface RegistryOptions {
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
  readonly background?: boolean
  readonly listenEarly?: boolean
}

/** config → discover → startKernel. `env` wins over the environment: a command fixes its role with it. */
export async function openRegistry({ background = true, listenEarly = false, ...options }: RegistryOptions = {}): Promise<Kernel> {
  resolveOwnPackage()
  const config = await loadConfig(configLocation(process.cwd(), options.config))
  const env = { ...config.env, ...options.env }
  const modules = await discoverModules(new URL('./modules/', import.meta.url))
  return startKernel({ config: { ...config, env }, modules, background, listenEarly, createLog: createLogger })
}

/** Runs until a signal. What a person needs to see goes to stdout beside the log. */
export async function runRegistry(options: RegistryOptions = {}): Promise<void> {
  const booting = openRegistry({ ...options, listenEarly: true })
  stopOnSignal(booting)
  const kernel = await booting
  const url = await kernel.listen().catch(async (error: unknown) => {
    await kernel.stop('the port cannot be opened')
    throw error
  })
  releaseBootMemory()
  process.stdout.write(`Gati Registry is ready at ${url}\n`)
  const admin = await kernel.resolve(FirstAdmin).taken()
  if (admin) process.stdout.write(`First start: administrator "${admin.username}" with password "${admin.password}" (shown once)\n`)
}

if (import.meta.main) await runRegistry()
