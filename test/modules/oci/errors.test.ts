import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OperationKind } from '../../../src/modules/oci/operation.ts'
import { toOciError } from '../../../src/modules/oci/render-error.ts'
import type { Problem } from '../../../src/shared/errors/problem.ts'
import { type Client, type Door, emptyConfig, imageOf, openDoor, sha256, some } from './open-door.ts'

let door: Door
let ada: Client
beforeAll(async () => {
  door = await openDoor()
  await door.user('ada')
  ada = door.client('ada')
})
afterAll(() => door[Symbol.asyncDispose]())

/** The form of the OCI distribution-spec, "Error Codes". */
function expectOciForm(body: string): void {
  const { errors, ...rest } = JSON.parse(body) as { errors: Record<string, unknown>[] }
  expect(rest).toEqual({})
  expect(errors).toHaveLength(1)
  for (const { code, message, detail: _, ...more } of errors) {
    expect(code).toMatch(/^[A-Z_]+$/)
    expect(message).toMatch(/\S/)
    expect(more).toEqual({})
  }
}

test('GET /v2/ is 401 with a challenge for a stranger and for a wrong password, 200 otherwise', async () => {
  for (const headers of [{}, { authorization: 'Basic YTpi' }, { authorization: 'Bearer x' }]) {
    const answer = await door.send('GET', '/v2/', { headers })
    expect([answer.status, answer.code]).toEqual([401, 'UNAUTHORIZED'])
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="http[^"]+\/v2\/token",service="[^"]+"/)
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expectOciForm(answer.bytes.toString())
  }
  const answer = await ada.call('GET', '/v2/')
  expect([answer.status, answer.json(), answer.headers.get('docker-distribution-api-version')]).toEqual([200, {}, 'registry/2.0'])
  expect((await ada.call('HEAD', '/v2/')).status).toBe(200)
})

test('routes that do not exist and methods that do not fit are refused in the form of this door', async () => {
  for (const [method, path, status] of [
    ['GET', '/v2/x', 404],
    ['GET', '/v2/a/b/nothing/x', 404],
    ['GET', '/v2/_catalog/', 404],
    ['GET', '/v2//', 404],
    ['POST', '/v2/a/b/nothing', 404],
    ['DELETE', '/v2/_catalog', 405],
    ['PUT', '/v2/a/b/tags/list', 405],
    ['PATCH', '/v2/a/b/manifests/x', 405],
    ['POST', '/v2/a/b/manifests/x', 405],
    ['GET', '/v2/a/b/blobs/uploads/', 405],
    ['DELETE', `/v2/a/b/referrers/${sha256('')}`, 405],
  ] as const) {
    const answer = await ada.call(method, path)
    expect([method, path, answer.status, answer.code]).toEqual([method, path, status, 'UNSUPPORTED'])
    expectOciForm(answer.bytes.toString())
  }
})

test('D-26: a stranger is refused before the body, and a body beyond what is announced is 413', async () => {
  const { hostname, port } = new URL(door.origin)
  const ask = async (lines: readonly string[]): Promise<string> => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    return text(socket)
  }
  const large = ['PUT /v2/ada/app/manifests/x HTTP/1.1', 'host: localhost', 'content-length: 1000000000', 'connection: close']
  expect(await ask(large)).toMatch(/^HTTP\/1\.1 401 [\s\S]*www-authenticate: Bearer[\s\S]*"UNAUTHORIZED"/)
  const known = [...large, `authorization: ${door.basic('ada')}`, 'content-type: application/vnd.oci.image.manifest.v1+json']
  const refused = await ask([...known, 'expect: 100-continue'])
  expect(refused).toMatch(/^HTTP\/1\.1 413 [\s\S]*"SIZE_INVALID"/)
})

test('a token of /v2/token does what it was issued for, and otherwise is answered with a challenge for more', async () => {
  const { digest } = await ada.pushImage('ada/bearer latest')
  const asked = await ada.call('GET', '/v2/token?service=x&scope=repository:ada/bearer:pull')
  const headers = { authorization: `Bearer ${asked.json<{ token: string }>().token}` }
  expect((await door.send('GET', `/v2/ada/bearer/manifests/${digest}`, { headers })).status).toBe(200)
  expect((await door.send('GET', '/v2/', { headers })).status).toBe(200)
  for (const [method, path, scope] of [
    ['POST', '/v2/ada/bearer/blobs/uploads/', 'repository:ada/bearer:pull,push'],
    ['DELETE', '/v2/ada/bearer/manifests/latest', 'repository:ada/bearer:pull,push,delete'],
    ['GET', '/v2/ada/other/tags/list', 'repository:ada/other:pull'],
    ['GET', '/v2/_catalog', 'registry:catalog:*'],
  ] as const) {
    const refused = await door.send(method, path, { headers })
    expect([path, refused.status, refused.code]).toEqual([path, 401, 'UNAUTHORIZED'])
    expect(refused.headers.get('www-authenticate')).toContain(`scope="${scope}",error="insufficient_scope"`)
  }
})

test('?ns= of a pull is said back, and nothing else of it', async () => {
  const { layer } = await ada.pushImage('ada/ns latest')
  for (const path of ['manifests/latest', `blobs/${layer}`]) {
    expect((await ada.call('GET', `/v2/ada/ns/${path}?ns=hub.example.com`)).headers.get('oci-namespace')).toBe('hub.example.com')
    expect((await ada.call('GET', `/v2/ada/ns/${path}?ns=a%0d%0ab`)).headers.has('oci-namespace')).toBe(false)
    expect((await ada.call('GET', `/v2/ada/ns/${path}`)).headers.has('oci-namespace')).toBe(false)
  }
})

test('a deprecated version warns, a tag of what is no version does not', async () => {
  await door.expectStatus(
    ada.call('PATCH', '/v1/namespaces/ada', {
      body: '{"settings":{"immutableTags":"semver"}}',
      headers: { 'content-type': 'application/json' },
    }),
    200,
  )
  await ada.pushImage('ada/old 1.0.0')
  const fetched = () => ada.call('GET', '/v2/ada/old/manifests/1.0.0')
  expect((await fetched()).headers.has('warning')).toBe(false)
  const body = JSON.stringify({ reason: 'use "2.0.0" \\ instead' })
  const url = '/v1/artifacts/ada/old/1.0.0/deprecation'
  await door.expectStatus(ada.call('PUT', url, { body, headers: { 'content-type': 'application/json' } }), 200)
  expect((await fetched()).headers.get('warning')).toBe('299 - "1.0.0 is deprecated: use \\"2.0.0\\" \\\\ instead"')
  const other = JSON.stringify(imageOf([], { annotations: { x: 'y' } }))
  const moved = await ada.putManifest('ada/old 1.0.0', other)
  expect([moved.status, moved.code]).toEqual([409, 'DENIED'])
})

test('a GET of a version is a download, a HEAD is not', async () => {
  await ada.pushImage('ada/counted 3.0.0')
  for (const method of ['HEAD', 'GET', 'HEAD']) expect((await ada.call(method, '/v2/ada/counted/manifests/3.0.0')).status).toBe(200)
  await expect
    .poll(async () => (await ada.call('GET', '/v1/artifacts/ada/counted')).json<{ downloads: number }>(), {
      timeout: 5_000,
    })
    .toMatchObject({ downloads: 1 })
})

test('hostile paths and queries are refused, never a crash', async () => {
  const hostile = [
    '..%2fx',
    '%2e%2e',
    'a%00b',
    'a%0d%0ab',
    '%d0%b0dmin',
    '%ff%fe',
    '%',
    '%20',
    '%27%20or%201%3D1--',
    'a'.repeat(900),
    '__proto__',
  ]
  const digest = sha256(some(3))
  for (const value of hostile)
    for (const [method, path] of [
      ['GET', `/v2/${value}/manifests/latest`],
      ['GET', `/v2/ada/${value}/tags/list`],
      ['GET', `/v2/ada/app/manifests/${value}`],
      ['DELETE', `/v2/ada/app/manifests/${value}`],
      ['GET', `/v2/ada/app/blobs/${value}`],
      ['GET', `/v2/ada/app/referrers/${value}`],
      ['GET', `/v2/ada/app/blobs/uploads/${value}`],
      ['PATCH', `/v2/ada/app/blobs/uploads/${value}`],
      ['PUT', `/v2/ada/app/blobs/uploads/${value}?digest=${digest}`],
      ['PUT', `/v2/ada/app/manifests/${value}`],
      ['POST', `/v2/ada/${value}/blobs/uploads/`],
      ['POST', `/v2/ada/app/blobs/uploads/?digest=${value}`],
      ['POST', `/v2/ada/app/blobs/uploads/?digest-algorithm=${value}`],
      ['GET', `/v2/ada/app/tags/list?n=${value}`],
      ['GET', `/v2/_catalog?n=${value}`],
    ] as const) {
      const { status } = await door.sendRaw(method, path, 'ada')
      expect([method, path, status >= 400 && status < 500]).toEqual([method, path, true])
    }
  for (const value of hostile.filter((text) => !/%00|%ff|%$/.test(text)))
    for (const path of [
      `/v2/ada/app/tags/list?last=${value}`,
      `/v2/_catalog?last=${value}`,
      `/v2/ada/app/referrers/${digest}?artifactType=${value}`,
      `/v2/ada/app/referrers/${digest}?after=${value}`,
    ])
      expect((await door.sendRaw('GET', path, 'ada')).status, path).toBeLessThan(500)
})

test('bodies that end too soon store nothing', async () => {
  const { hostname, port } = new URL(door.origin)
  const location = await ada.open('ada/cut')
  const digest = sha256(some(4))
  for (const [method, path] of [
    ['PUT', '/v2/ada/cut/manifests/x'],
    ['PUT', `${location}?digest=${digest}`],
    ['POST', `/v2/ada/cut/blobs/uploads/?digest=${digest}`],
  ]) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.end(`${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${door.basic('ada')}\r\ncontent-length: 1000\r\n\r\n{"a":1`)
    expect(await text(socket).catch(() => ''), path).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
  }
  expect((await ada.call('GET', '/v2/ada/cut/tags/list')).status).toBe(404)
  expect((await ada.call('GET', location)).status).toBe(204)
  await ada.pushBlob('ada/cut', '{}')
  expect((await ada.putManifest('ada/cut x', imageOf([], { config: emptyConfig }))).status).toBe(201)
})

test('problems of the kernel keep their status and get a code of this door', () => {
  const render = (problem: Partial<Problem>, kind?: OperationKind) => {
    const whole = { type: '', title: '', message: 'm', details: {}, suggestions: [], code: 'x.y', status: 500, ...problem }
    const { status, error } = toOciError(whole, kind)
    return [status, error.code]
  }
  expect(render({ status: 429 })).toEqual([429, 'TOOMANYREQUESTS'])
  expect(render({ status: 503 })).toEqual([503, 'UNAVAILABLE'])
  expect(render({ status: 507 })).toEqual([507, 'UNAVAILABLE'])
  expect(render({ status: 500 })).toEqual([500, 'UNKNOWN'])
  expect(render({ status: 413 })).toEqual([413, 'SIZE_INVALID'])
  expect(render({ status: 403 })).toEqual([403, 'DENIED'])
  expect(render({ status: 404 }, 'manifest')).toEqual([404, 'MANIFEST_UNKNOWN'])
  expect(render({ status: 404 }, 'tags')).toEqual([404, 'NAME_UNKNOWN'])
  expect(render({ status: 400 }, 'upload')).toEqual([400, 'BLOB_UPLOAD_INVALID'])
  expect(render({ status: 404, code: 'artifacts.blob_unknown' }, 'manifest')).toEqual([400, 'MANIFEST_BLOB_UNKNOWN'])
})

test('a DELETE that names a content type and has no body is a DELETE', async () => {
  const headers = { 'content-type': 'application/octet-stream' }
  expect((await ada.call('DELETE', `/v2/ada/none/manifests/${sha256('x')}`, { headers })).status).toBe(404)
})
