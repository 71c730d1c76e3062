import { createHash } from 'node:crypto'
import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'

const problem = {
  type: 'object',
  description: 'RFC 9457 problem document.',
  required: ['type', 'title', 'status', 'code', 'message', 'details', 'suggestions', 'timestamp', 'requestId'],
  properties: {
    type: { type: 'string', example: 'urn:registry:request.invalid' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: '`<module>.<fact>`, stable for ever.', example: 'request.invalid' },
    message: { type: 'string' },
    details: { type: 'object', additionalProperties: true },
    suggestions: { type: 'array', items: { type: 'string' } },
    timestamp: { type: 'string', format: 'date-time' },
    requestId: { type: 'string' },
  },
}

const problemAnswer = {
  description: 'Why it did not work.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

interface Operation {
  operationId?: string
  responses?: Record<string, unknown>
}
interface Document {
  paths?: Record<string, Record<string, unknown> | undefined>
}

/** Notes every route from here on; the document itself is made when somebody asks for it. */
export async function collectOpenapi(http: FastifyInstance, version: string): Promise<void> {
  await http.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Gati Registry', version, description: 'One registry for every kind of artifact a team ships.' },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API token (`gati_…`) or a JWT.' },
          basic: { type: 'http', scheme: 'basic', description: 'Name and password, or name and API token.' },
        },
        schemas: { Problem: problem as never },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: describe(schema, route), url }),
    transformObject: (document) => withProblems('openapiObject' in document ? document.openapiObject : document.swaggerObject),
  })
}

function describe(schema: FastifySchema | undefined, route: RouteOptions): FastifySchema {
  const described = { operationId: operationId(route), ...schema }
  const takesBody = [route.method].flat().some((method) => ['POST', 'PUT', 'PATCH'].includes(method))
  if (!route.config?.rawBody || !takesBody || described.body) return described
  return { ...described, consumes: ['application/octet-stream'], body: { type: 'string', format: 'binary' } }
}

const operationId = ({ method, url }: RouteOptions): string =>
  [
    [method].flat()[0]?.toLowerCase(),
    ...url
      .replace('*', 'path')
      .replace('/-/-/', '/-/own/')
      .split(/[^A-Za-z0-9]+/),
  ]
    .filter(Boolean)
    .join('_')

function withProblems<D extends object>(document: D): D {
  for (const path of Object.values((document as Document).paths ?? {}))
    for (const [method, operation] of Object.entries(path ?? {})) if (path) path[method] = completed(operation, method)
  return document
}

/** Methods of one route share one object and so one id, which has to be unique. */
function completed(operation: unknown, method: string): unknown {
  if (typeof operation !== 'object' || operation === null || !('responses' in operation)) return operation
  const { operationId = '', responses = {} } = operation as Operation
  const own = operationId.replace(/^[a-z]+_/, `${method}_`)
  return { ...operation, operationId: own, responses: { ...responses, default: problemAnswer } }
}

/** `GET /openapi.json`: OpenAPI 3.1 of every mounted route. */
export function registerOpenapi(http: FastifyInstance): void {
  let made: { readonly text: string; readonly etag: string } | undefined
  const make = () => {
    const text = JSON.stringify(http.swagger())
    return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` }
  }
  http.get('/openapi.json', {
    config: { auth: 'anonymous' },
    schema: { summary: 'This description of the API', tags: ['operations'], security: [] },
    handler: async (request, reply) => {
      made ??= make()
      reply.header('etag', made.etag).header('cache-control', 'no-cache').type('application/json')
      return request.headers['if-none-match'] === made.etag ? reply.code(304).send() : reply.send(made.text)
    },
  })
}
