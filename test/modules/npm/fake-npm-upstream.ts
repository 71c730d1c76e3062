import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { integrityOf, shasumOf } from './package-tarball.ts'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly etag: string | undefined
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Listens on a free port; every request is written down. */
export async function serve(answer: Answer) {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    seen.push({ method, path: url, authorization: headers.authorization, etag: headers['if-none-match'] })
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  return { seen, close, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

export interface FakeVersion {
  readonly publishedAt?: string | undefined
  readonly manifest?: object
  readonly dist?: object
  readonly bytes?: Buffer
}

const longAgo = '2020-01-01T00:00:00.000Z'

/** Another registry of npm: reads only, of what a test puts in. */
export async function openUpstream() {
  const documents = new Map<string, Buffer>()
  const tarballs = new Map<string, Buffer>()
  const state: { status?: number; before?: (request: IncomingMessage, response: ServerResponse) => boolean; delayMs: number } = {
    delayMs: 0,
  }

  const reply = ({ url = '', headers }: IncomingMessage, response: ServerResponse) => {
    const tarball = tarballs.get(decodeURIComponent(url))
    if (tarball) return void response.writeHead(200, { 'content-length': tarball.length }).end(tarball)
    const content = documents.get(decodeURIComponent(url.slice(1)))
    if (!content) return void response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}')
    const etag = `"${createHash('sha1').update(content).digest('hex')}"`
    if (headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end()
    response.writeHead(200, { etag, 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(content))
  }
  const server = await serve((request, response) => {
    setTimeout(() => {
      if (state.status !== undefined) response.writeHead(state.status).end()
      else if (state.before?.(request, response) !== true) reply(request, response)
    }, state.delayMs)
  })

  /** A package, and a tarball for each version; by default of random bytes. */
  const put = (
    name: string,
    versions: Readonly<Record<string, FakeVersion>>,
    more: { readonly tags?: Readonly<Record<string, string>>; readonly about?: object } = {},
  ) => {
    const bytes: Record<string, Buffer> = {}
    const full: Record<string, object> = {}
    const time: Record<string, string> = { created: longAgo, modified: longAgo }
    for (const [version, { publishedAt = longAgo, manifest = {}, dist = {}, bytes: given }] of Object.entries(versions)) {
      const content = given ?? randomBytes(5_000)
      bytes[version] = content
      time[version] = publishedAt
      const path = `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`
      tarballs.set(path, content)
      const hashes = { integrity: integrityOf(content), shasum: shasumOf(content) }
      const signatures = [{ keyid: 'SHA256:theirs', sig: 'theirs' }]
      full[version] = { name, version, ...manifest, dist: { ...hashes, tarball: `${server.origin}${path}`, signatures, ...dist } }
    }
    const latest = Object.keys(versions).at(-1) ?? ''
    const document = { _id: name, name, 'dist-tags': more.tags ?? { latest }, versions: full, time, ...more.about }
    documents.set(name, Buffer.from(JSON.stringify(document)))
    return bytes
  }
  const count = (part: string) => server.seen.filter(({ path }) => path.includes(part)).length
  return { ...server, state, documents, tarballs, put, count }
}
