import type { FastifyInstance, RouteOptions } from 'fastify'
import { guard } from './http-access.ts'
import { RouteNotFound } from './http-errors.ts'
import { answerWithProblem } from './http-problems.ts'
import type { Module } from './module.ts'
import type { Authenticator } from './principal.ts'
import type { Resolve } from './service.ts'

export interface MountOptions {
  readonly resolve: Resolve
  /** Absent: nobody can authenticate, so only anonymous handlers answer. */
  readonly authenticator?: Authenticator | undefined
}

/** Mounts the handlers of a module as an encapsulated plugin: prefix, parsers, hooks and error form stay its own. */
export async function mountModule(http: FastifyInstance, module: Module, { resolve, authenticator }: MountOptions): Promise<void> {
  const { prefix = '', renderError, challenge, prepare } = module.http
  http.shell.rewriting.mount(module.http)
  await http.register(
    async (scope) => {
      refuseOpenRoutes(scope, module.name)
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, module: module.name } as NonNullable<typeof route.config>
      })
      guard(scope, { authenticator, limits: http.shell.limits })
      scope.setErrorHandler(answerWithProblem({ ...(renderError && { renderError }), ...(challenge && { challenge }) }))
      if (renderError && prefix !== '') scope.setNotFoundHandler(() => Promise.reject(new RouteNotFound()))
      await prepare?.(scope)
      const routes = module.handlers.map((handler) => withOwnLimit(handler.bind(resolve)))
      for (const route of routes) if (!route.config?.rawBody) scope.route(route)
      await scope.register(async (raw) => {
        passBodiesOn(raw)
        for (const route of routes) if (route.config?.rawBody) raw.route(route)
      })
    },
    { prefix },
  )
}

const withOwnLimit = (route: RouteOptions): RouteOptions =>
  route.bodyLimit === undefined ? route : { ...route, config: { ...route.config, ownBodyLimit: route.bodyLimit } }

/** Deny by default: a route a module adds in `prepare` must say who may call it, too. */
function refuseOpenRoutes(scope: FastifyInstance, name: string): void {
  scope.addHook('onRoute', ({ method, url, config }) => {
    if (config?.auth === undefined) throw new Error(`module ${name}: route ${[method].flat().join(', ')} ${url} does not name its auth`)
  })
}

/** Whatever the content type, `request.body` is the unread stream. */
function passBodiesOn(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  scope.addHook('preValidation', (request, _reply, done) => {
    request.body ??= request.exchange.body
    done()
  })
}
