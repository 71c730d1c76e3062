import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { imageOf, imageType, sha256, some } from './open-door.ts'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void
/** true: it was answered. */
type Interceptor = (request: IncomingMessage, response: ServerResponse) => boolean

const path = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/

/** Listens on a free port; every request is written down. */
export async function serve(answer: Answer) {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '', authorization: request.headers.authorization })
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  const connections = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
  return { seen, close, connections, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Another registry: reads only, of what a test puts in. */
export async function openUpstream() {
  const blobs = new Map<string, Buffer>()
  const manifests = new Map<string, { mediaType: string; content: Buffer }>()
  const state: { status?: number; before?: Interceptor; delayMs: number } = { delayMs: 0 }

  const reply = ({ method, url = '' }: IncomingMessage, response: ServerResponse) => {
    const [, repository, kind, reference = ''] = path.exec(url) ?? []
    const key = `${repository} ${decodeURIComponent(reference)}`
    const found = kind === 'manifests' ? manifests.get(key) : { mediaType: 'application/octet-stream', content: blobs.get(key) }
    const content = found?.content
    if (!content) return void response.writeHead(404).end()
    if (kind === 'manifests') response.setHeader('docker-content-digest', sha256(content))
    response.writeHead(200, { 'content-type': found.mediaType, 'content-length': content.length })
    response.end(method === 'HEAD' ? undefined : content)
  }
  const server = await serve((request, response) => {
    setTimeout(() => {
      if (state.status !== undefined) response.writeHead(state.status).end()
      else if (state.before?.(request, response) !== true) reply(request, response)
    }, state.delayMs)
  })

  /** `name`: repository and tag. */
  const putManifest = (name: string, document: object, mediaType = imageType) => {
    const content = Buffer.from(JSON.stringify(document))
    const [repository = '', tag = ''] = name.split(' ')
    for (const reference of [tag, sha256(content)]) manifests.set(`${repository} ${reference}`, { mediaType, content })
    return sha256(content)
  }
  /** An image of one layer. */
  const putImage = (repository: string, tag: string, size = 1_000) => {
    const layer = some(size)
    for (const bytes of [Buffer.from('{}'), layer]) blobs.set(`${repository} ${sha256(bytes)}`, bytes)
    return { digest: putManifest(`${repository} ${tag}`, imageOf([layer])), layer: sha256(layer), bytes: layer }
  }
  const count = (method: string, part: string) => server.seen.filter((one) => one.method === method && one.path.includes(part)).length
  return { ...server, state, blobs, manifests, putManifest, putImage, count }
}

/** Wants a token of its own realm, which wants `username` and `password`. */
export function withTokens(upstream: Awaited<ReturnType<typeof openUpstream>>, realm: string, credentials: string) {
  const token = createHash('sha256').update(credentials).digest('hex')
  upstream.state.before = (request, response) => {
    if (request.headers.authorization === `Bearer ${token}`) return false
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="fake.example",scope="repository:other:push"` }).end()
    return true
  }
  const issue: Answer = (request, response) => {
    if (request.headers.authorization !== `Basic ${Buffer.from(credentials).toString('base64')}`) response.writeHead(401).end()
    else response.end(JSON.stringify({ token, expires_in: 300 }))
  }
  return { token, issue }
}
