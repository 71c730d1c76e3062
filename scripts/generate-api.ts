import type { FastifyInstance } from 'fastify'
import { bootSettings } from '../src/shared/kernel/boot-settings.ts'
import { createMemoryCache } from '../src/shared/kernel/cache-memory.ts'
import { discoverModules } from '../src/shared/kernel/discover.ts'
import { mountModule } from '../src/shared/kernel/http-module.ts'
import { createReadiness } from '../src/shared/kernel/http-readiness.ts'
import { createHttp } from '../src/shared/kernel/http-server.ts'
import { kernelModule } from '../src/shared/kernel/kernel-module.ts'
import { createLogger } from '../src/shared/kernel/logging.ts'
import { createMetrics } from '../src/shared/kernel/metrics.ts'
import type { Module } from '../src/shared/kernel/module.ts'
import { version } from '../src/shared/kernel/version.ts'
import { withGenerated, writePage } from './replace-generated.ts'

export const apiPageLocation = new URL('../docs/api.md', import.meta.url)

interface Operation {
  readonly summary?: string
  readonly tags?: readonly string[]
}
interface Route extends Operation {
  readonly method: string
  readonly path: string
}
interface OpenapiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** `docs/api.md` as it should be: the tables come from the document that `/openapi.json` serves. */
export async function apiPage(): Promise<string> {
  const modules = [kernelModule, ...(await discoverModules(new URL('../src/modules/', import.meta.url)))]
  const auth = authByRoute(modules)
  const groups = Map.groupBy(routesOf(await openapiOf(modules)), ({ tags }) => tags?.[0] ?? 'other')
  const sections = [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([tag, routes]) => section(tag, routes, auth))
  return withGenerated(apiPageLocation, 'routes', sections.join('\n\n'))
}

/** Routes are described without anything behind them, so no database is needed. */
async function openapiOf(modules: readonly Module[]): Promise<OpenapiDocument> {
  const settings = bootSettings({ env: { REGISTRY_LOG_LEVEL: 'silent' } }, []).kernel
  const cache = createMemoryCache({ maxBytes: 0 })
  const shell = { settings, log: createLogger(settings), version, cache, metrics: createMetrics(), readiness: createReadiness() }
  const http: FastifyInstance = await createHttp(shell)
  for (const module of modules) await mountModule(http, module, { resolve: () => undefined as never })
  await http.ready()
  // A start leaves this to the first request of each route; a schema that is no good is found here.
  http.shell.compilers.compileAll()
  try {
    return (await http.inject('/openapi.json')).json()
  } finally {
    await http.close()
  }
}

function routesOf({ paths }: OpenapiDocument): Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path: path.replace(/\{(\w+)\}/g, ':$1').replace('{*}', '*'),
    })),
  )
}

/** OpenAPI knows only that a credential is needed, the handler which scope it has to hold. */
function authByRoute(modules: readonly Module[]): ReadonlyMap<string, string> {
  const handlers = modules.flatMap((module) => module.handlers.map((handler) => ({ ...handler, prefix: module.http.prefix ?? '' })))
  return new Map(
    handlers.flatMap(({ method, url, prefix, auth }) => [method].flat().map((verb) => [`${verb} ${prefix}${url}`, auth] as const)),
  )
}

function section(tag: string, routes: readonly Route[], auth: ReadonlyMap<string, string>): string {
  const rows = routes
    .toSorted((one, other) => (one.path === other.path ? 0 : one.path < other.path ? -1 : 1))
    .map(
      ({ method, path, summary = '' }) =>
        `| ${method} | \`${path}\` | ${auth.get(`${method} ${path}`) ?? 'anonymous'} | ${summary.replaceAll('|', '\\|')} |`,
    )
  return [`### ${tag}`, '', '| method | path | auth | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

if (import.meta.main) await writePage(apiPageLocation, apiPage())
