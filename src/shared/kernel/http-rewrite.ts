import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { HttpMount } from './http-mount.ts'

/** Paths that are put in order before they are routed, for mounts that want it. */
export interface UrlRewriting {
  /** Of every request. */
  rewrite(request: Pick<IncomingMessage, 'url' | 'method'>): string
  /** Before the first route is added. */
  watch(http: FastifyInstance): void
  /** Throws for a second mount that claims the root. */
  mount(mount: HttpMount): void
}

export function createRewriting(): UrlRewriting {
  const taken = new Set<string>()
  const rewriters: Required<Pick<HttpMount, 'prefix' | 'rewriteUrl'>>[] = []
  let root: { readonly prefix: string; readonly refused: (path: string) => string } | undefined
  let hasRoute: FastifyInstance['hasRoute'] = () => false

  const atRoot = (url: string, first: string, method: string | undefined): string => {
    if (!root || first === '') return url
    if (!taken.has(first)) return root.prefix + url
    // A document for a name that is a route: nobody else has a PUT there.
    const path = pathOf(url)
    return method === 'PUT' && path === `/${first}` && !hasRoute({ method, url: path }) ? root.prefix + root.refused(path) : url
  }
  return {
    rewrite({ url = '/', method }) {
      const placed = atRoot(url, firstSegmentOf(url), method)
      const mount = rewriters.find(({ prefix }) => placed.startsWith(prefix))
      return mount ? mount.rewriteUrl(placed) : placed
    },
    watch(http) {
      hasRoute = http.hasRoute.bind(http)
      http.addHook('onRoute', ({ url }) => void taken.add(firstSegmentOf(url)))
    },
    mount({ prefix = '', rewriteUrl, claimsRoot }) {
      if (claimsRoot && root) throw new Error(`${prefix} and ${root.prefix} both claim the root of the host`)
      if (claimsRoot) root = { prefix, refused: claimsRoot }
      if (rewriteUrl) rewriters.push({ prefix: `${prefix}/`, rewriteUrl })
    },
  }
}

const firstSegmentOf = (url: string): string => /^\/([^/?]*)/.exec(url)?.[1] ?? ''
const pathOf = (url: string): string => /^[^?]*/.exec(url)?.[0] ?? ''
