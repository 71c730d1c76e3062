import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import fastify, { type FastifyInstance } from 'fastify'

interface Docs {
  readonly html: string
  readonly policy: string
  readonly script: Buffer
  readonly etag: string
}

/** `GET /docs`: the API reference as a page that loads nothing from elsewhere. */
export function registerDocs(http: FastifyInstance): void {
  let loading: Promise<Docs> | undefined
  const docs = (): Promise<Docs> => {
    loading ??= loadDocs().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
  const config = { auth: 'anonymous' as const }
  const schema = { hide: true }
  http.get('/docs', { config, schema, handler: async (_request, reply) => reply.redirect('/docs/', 308) })
  http.get('/docs/', {
    config,
    schema,
    handler: async (_request, reply) => {
      const { html, policy } = await docs()
      return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(html)
    },
  })
  http.get('/docs/js/scalar.js', {
    config,
    schema,
    handler: async (request, reply) => {
      const { script, etag } = await docs()
      reply.header('etag', etag).header('cache-control', 'public, max-age=86400').header('vary', 'accept-encoding')
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.header('content-encoding', 'gzip').type('application/javascript; charset=utf-8').send(script)
    },
  })
}

const compress = promisify(gzip)

/** The reference is a 4 MB import, so it is loaded at the first visit, and kept compressed. */
async function loadDocs(): Promise<Docs> {
  const { default: reference } = await import('@scalar/fastify-api-reference')
  const inner = fastify()
  const configuration = { url: '/openapi.json', withDefaultFonts: false, telemetry: false, agent: { disabled: true } }
  await inner.register(reference, { routePrefix: '/docs', configuration })
  const [page, code] = await Promise.all([inner.inject('/docs/'), inner.inject('/docs/js/scalar.js')])
  await inner.close()
  const html = page.body
  const script = await compress(code.rawPayload)
  const etag = `"${createHash('sha256').update(script).digest('base64url')}"`
  return { html, policy: contentPolicy(html), script, etag }
}

/** The page's own inline scripts are allowed by their hashes, anything foreign is not. */
function contentPolicy(html: string): string {
  const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, code = '']) => code)
  const hashes = inline.map((code) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`)
  return [
    "default-src 'self'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
