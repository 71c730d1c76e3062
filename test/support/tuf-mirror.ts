import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { runProgram } from './run-program.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Where every npm looks for keys and trusted roots first; it is built in. */
const host = 'tuf-repo-cdn.sigstore.dev'

export interface TufMirror extends AsyncDisposable {
  /** What leads a client to the mirror. */
  readonly env: Readonly<Record<string, string>>
  /** Makes the clients with this home and npm cache trust the mirror. */
  trustIn(home: string): Promise<void>
}

/**
 * A TUF repository in the place of the public one of Sigstore, as a company without the internet would run it: a proxy that knows one host,
 * with a certificate and a root of its own. It has the trusted root given, and no keys of registries.
 */
export async function openTufMirror(trustedRoot: unknown): Promise<TufMirror> {
  const folder = await temporaryFolder()
  const files = repositoryOf(Buffer.from(JSON.stringify(trustedRoot)))
  const { key, certificate, file } = await makeCertificate(folder.path)
  const tls = createTlsServer({ key, cert: certificate }, (request, response) => {
    const found = files.get(request.url ?? '')
    response.writeHead(found ? 200 : 404).end(found)
  })
  const proxy = createServer((_request, response) => response.writeHead(403).end())
  proxy.on('connect', ({ url }: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {})
    if (url !== `${host}:443`) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    return tls.emit('connection', socket)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const root = files.get('/1.root.json') ?? Buffer.alloc(0)
  return {
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${port}`,
      NO_PROXY: '127.0.0.1',
      NODE_EXTRA_CA_CERTS: file,
      // npm 12 asks with the fetch of Node, which minds proxies only then.
      NODE_USE_ENV_PROXY: '1',
    },
    async trustIn(home) {
      for (const place of [join(home, 'npm-cache/_tuf'), join(home, 'data/sigstore-js')]) {
        await mkdir(join(place, host), { recursive: true })
        await writeFile(join(place, host, 'root.json'), root)
      }
    },
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections()
      proxy.close()
      tls.closeAllConnections()
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function makeCertificate(folder: string) {
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile, '-out', file, '-days', '2']
  await runProgram(['openssl', 'req', '-x509', ...made, ...subject])
  return { file, key: await readFile(keyFile), certificate: await readFile(file) }
}

/** The files of a repository with one target, signed by one key; https://theupdateframework.github.io/specification. */
function repositoryOf(trustedRoot: Buffer): ReadonlyMap<string, Buffer> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const key = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: Buffer.from(x, 'base64url').toString('hex') } }
  const keyid = sha256(canonical(key))
  const role = { keyids: [keyid], threshold: 1 }
  const signed = (_type: string, content: object): Buffer => {
    const expires = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z')
    const body = { _type, spec_version: '1.0.31', version: 1, expires, ...content }
    return Buffer.from(
      JSON.stringify({ signed: body, signatures: [{ keyid, sig: sign(null, canonical(body), privateKey).toString('hex') }] }),
    )
  }
  const hash = sha256(trustedRoot)
  return new Map([
    [
      '/1.root.json',
      signed('root', {
        consistent_snapshot: true,
        keys: { [keyid]: key },
        roles: { root: role, timestamp: role, snapshot: role, targets: role },
      }),
    ],
    ['/timestamp.json', signed('timestamp', { meta: { 'snapshot.json': { version: 1 } } })],
    ['/1.snapshot.json', signed('snapshot', { meta: { 'targets.json': { version: 1 } } })],
    ['/1.targets.json', signed('targets', { targets: { 'trusted_root.json': { length: trustedRoot.length, hashes: { sha256: hash } } } })],
    [`/targets/${hash}.trusted_root.json`, trustedRoot],
  ])
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** JSON without spaces, with sorted keys; no text here has a character that would need escaping. */
function canonical(value: unknown): Buffer {
  const sorted = (each: unknown): unknown =>
    Array.isArray(each) || typeof each !== 'object' || each === null
      ? each
      : Object.fromEntries(
          Object.entries(each)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, inner]) => [name, sorted(inner)]),
        )
  return Buffer.from(JSON.stringify(sorted(value)))
}
