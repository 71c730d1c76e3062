import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export const audience = 'npm:registry.example.org'

/** What GitHub says of a job of `publish.yml` in acme/widget. */
export const ofWorkflow = {
  sub: 'repo:acme/widget:environment:production',
  repository: 'acme/widget',
  repository_id: '4711',
  workflow_ref: 'acme/widget/.github/workflows/publish.yml@refs/heads/main',
  job_workflow_ref: 'acme/widget/.github/workflows/publish.yml@refs/heads/main',
  environment: 'production',
}

/** The publisher that fits it. */
export const trusted = {
  type: 'github',
  claims: { repository: 'acme/widget', workflow_ref: { file: 'publish.yml' }, environment: 'production' },
  permissions: ['createPackage'],
}

export interface Minting {
  readonly issuer?: string
  readonly audience?: string
  readonly header?: Readonly<Record<string, unknown>>
  /** Seconds from now. */
  readonly expiresIn?: number
  readonly issuedIn?: number
  readonly key?: CryptoKey
}

let serial = 0
export const now = (): number => Math.floor(Date.now() / 1_000)

/** An issuer of OpenID Connect on this machine. */
export async function openIssuer(kid = 'key-1') {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }
  const state = { keys: [jwk], requests: [] as string[], broken: false, claimedIssuer: '' }
  const server = createServer((request, response) => {
    state.requests.push(request.url ?? '')
    if (state.broken) return void response.writeHead(503).end()
    const answer = request.url === '/keys' ? { keys: state.keys } : { issuer: state.claimedIssuer, jwks_uri: `${state.claimedIssuer}/keys` }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  state.claimedIssuer = url

  const mint = (claims: Readonly<Record<string, unknown>> = {}, minting: Minting = {}): Promise<string> => {
    serial += 1
    const { header = {}, expiresIn = 300, issuedIn = 0, key = privateKey } = minting
    return new SignJWT({ ...ofWorkflow, jti: `jti-${serial}`, ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid, ...header })
      .setIssuer(minting.issuer ?? url)
      .setAudience(minting.audience ?? audience)
      .setIssuedAt(now() + issuedIn)
      .setNotBefore(now() + issuedIn)
      .setExpirationTime(now() + expiresIn)
      .sign(key)
  }
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url, state, mint, publicKey, close }
}
export type FakeIssuer = Awaited<ReturnType<typeof openIssuer>>
