import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runNginx } from '../support/nginx.ts'
import { adminPassword, type RunningRegistry, runRegistry } from '../support/run-registry.ts'

const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
const bytes = randomBytes(3_000_000)
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const path = '/v1/artifacts/admin/tool/1.0.0'

describe('behind nginx with X-Accel-Redirect', () => {
  let registry: RunningRegistry
  let nginx: Awaited<ReturnType<typeof runNginx>>
  beforeAll(async () => {
    registry = await runRegistry({ env: { REGISTRY_ARTIFACTS_ACCEL_REDIRECT: '/_blobs/', REGISTRY_TRUSTED_PROXIES: '["127.0.0.1"]' } })
    nginx = await runNginx(registry)
    const headers = { authorization, 'content-type': 'application/octet-stream' }
    expect((await fetch(`${nginx.url}${path}`, { method: 'POST', headers, body: bytes })).status).toBe(201)
  })
  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]()
    await registry?.[Symbol.asyncDispose]()
  })

  const get = async (url: string, init: RequestInit = {}) => {
    const answer = await fetch(url, { ...init, headers: { authorization, ...init.headers } })
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) }
  }

  test('the registry names the file and nginx sends it, with the headers of the registry', async () => {
    const named = await get(`${registry.url}${path}`)
    expect([named.status, named.bytes.length]).toEqual([200, 0])
    expect(named.headers.get('x-accel-redirect')).toMatch(/^\/_blobs\/copies\/[0-9a-f]{2}\/[0-9a-f-]{36}$/)
    const sent = await get(`${nginx.url}${path}`)
    expect([sent.status, sent.bytes.equals(bytes)]).toEqual([200, true])
    expect(sent.headers.get('x-accel-redirect')).toBeNull()
    for (const name of [
      'etag',
      'docker-content-digest',
      'content-type',
      'content-disposition',
      'content-security-policy',
      'x-artifact-version',
    ])
      expect([name, sent.headers.get(name)]).toEqual([name, named.headers.get(name)])
    expect(sent.headers.get('docker-content-digest')).toBe(digest)
    expect(sent.headers.get('content-length')).toBe('3000000')
  })

  test('ranges, unsatisfiable ones too', async () => {
    const part = await get(`${nginx.url}${path}`, { headers: { range: 'bytes=1000000-1000009' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1000000-1000009/3000000'])
    expect(part.bytes.equals(bytes.subarray(1_000_000, 1_000_010))).toBe(true)
    expect((await get(`${nginx.url}${path}`, { headers: { range: 'bytes=3000000-' } })).status).toBe(416)
  })

  test('HEAD and what is unchanged come from the registry', async () => {
    const head = await get(`${nginx.url}${path}`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), head.headers.get('docker-content-digest')]).toEqual([200, '3000000', digest])
    expect((await get(`${nginx.url}${path}`, { headers: { 'if-none-match': `"${digest}"` } })).status).toBe(304)
  })

  test('nobody gets a file by its path, and nobody gets what is not his', async () => {
    const { headers } = await get(`${registry.url}${path}`)
    expect((await get(`${nginx.url}${headers.get('x-accel-redirect')}`)).status).toBe(404)
    const makePrivate = await fetch(`${nginx.url}/v1/namespaces/admin`, {
      method: 'PATCH',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ visibility: 'private' }),
    })
    expect(makePrivate.status).toBe(200)
    const absent = await fetch(`${nginx.url}/v1/artifacts/admin/absent/1.0.0`)
    const hidden = await fetch(`${nginx.url}${path}`)
    expect([hidden.status, hidden.headers.get('docker-content-digest')]).toEqual([absent.status, null])
    expect(hidden.status).toBeGreaterThanOrEqual(400)
  })
})
