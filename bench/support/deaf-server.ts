// What `npm start` runs, but modules that are named (`search,analytics`) hear nothing: no event reaches their effects and listeners, and no answered
// request. They still answer what they are asked, because others depend on them.
import type { RegistryConfig } from '../../src/shared/kernel/config.ts'
import type { KernelOptions } from '../../src/shared/kernel/kernel.ts'
import type { Module } from '../../src/shared/kernel/module.ts'
import type { Resolve } from '../../src/shared/kernel/service.ts'

const dist = new URL('../../dist/src/', import.meta.url)
const kernelPart = (name: string) => import(new URL(`shared/kernel/${name}.js`, dist).href)
/** Services that tell modules what happens. */
const tellers: ReadonlySet<string> = new Set(['kernel.events', 'kernel.http_answers'])

const silent = (teller: object): object =>
  new Proxy(teller, { get: (target, key) => (key === 'on' ? () => {} : Reflect.get(target, key).bind(target)) })

const deafened = (module: Module): Module => ({
  ...module,
  effects: [],
  setup: (resolve, settings) =>
    module.setup(((token) => (tellers.has(token.id) ? silent(resolve(token) as object) : resolve(token))) as Resolve, settings),
})

await kernelPart('hold-boot-memory')
const deaf = new Set(process.argv[2]?.split(','))
const [{ loadConfig, configLocation }, { discoverModules }, { startKernel }, { createLogger }, { stopOnSignal }, { releaseBootMemory }] =
  await Promise.all(['load-config', 'discover', 'kernel', 'logging', 'stop-on-signal', 'boot-memory'].map(kernelPart))
const config: RegistryConfig = await loadConfig(configLocation(process.cwd()))
const modules: Module[] = await discoverModules(new URL('modules/', dist))
const options: KernelOptions = {
  config,
  modules: modules.map((module) => (deaf.has(module.name) ? deafened(module) : module)),
  createLog: createLogger,
}
const booting = startKernel(options)
stopOnSignal(booting)
await (await booting).listen()
releaseBootMemory()
