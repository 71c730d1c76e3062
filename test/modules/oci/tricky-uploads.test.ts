import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, type Door, emptyConfig, imageOf, openDoor, sha256, sha512, some } from './open-door.ts'

/** The conformance suite of the distribution-spec, for machines without Go: what it checks of uploads (numbers as in the cheat sheet). */
let door: Door
let ada: Client
beforeAll(async () => {
  door = await openDoor()
  await door.user('ada')
  ada = door.client('ada')
})
afterAll(() => door[Symbol.asyncDispose]())

const digests = { sha256, sha512 }
const octets = { 'content-type': 'application/octet-stream' }
const chunk = (bytes: Buffer, start: number, end: number) => ({
  body: bytes.subarray(start, end),
  headers: { ...octets, 'content-range': `${start}-${end - 1}` },
})

async function expectBlob(location: string | null, bytes: Buffer | string): Promise<void> {
  const got = await door.expectStatus(ada.call('GET', location ?? ''), 200)
  expect(got.bytes).toEqual(Buffer.from(bytes))
  expect(got.headers.get('content-length')).toBe(String(bytes.length))
  expect(got.headers.get('content-type')).toBe('application/octet-stream')
}

describe.each(Object.entries(digests))('%s', (_name, digestOf) => {
  test.each([0, 2, 1_000, 50_000])('2, 8, 16: %i bytes go up in every way without a hint of the algorithm, and come back', async (size) => {
    const bytes = size === 2 ? Buffer.from('{}') : some(size)
    const digest = digestOf(bytes)
    const single = await ada.call('POST', `/v2/ada/single/blobs/uploads/?digest=${digest}`, { body: bytes, headers: octets })
    expect([single.status, single.headers.get('docker-content-digest')]).toEqual([201, digest])
    await expectBlob(single.headers.get('location'), bytes)

    const whole = await ada.call('PUT', `${await ada.open('ada/whole')}?digest=${digest}`, { body: bytes, headers: octets })
    expect([whole.status, whole.headers.get('docker-content-digest')]).toEqual([201, digest])
    await expectBlob(whole.headers.get('location'), bytes)

    const streaming = await ada.call('PATCH', await ada.open('ada/streamed'), { body: bytes, headers: octets })
    expect([streaming.status, streaming.headers.get('range')]).toEqual([202, `0-${Math.max(0, size - 1)}`])
    const streamed = await ada.call('PUT', `${streaming.headers.get('location')}?digest=${digest}`)
    expect(streamed.status).toBe(201)
    await expectBlob(streamed.headers.get('location'), bytes)
  })

  test.each(['PATCH only', 'last chunk in PUT'])('3, 4: chunks out of order are 416 and change nothing, %s', async (way) => {
    const bytes = some(5_000)
    const digest = digestOf(bytes)
    const size = Math.max(Math.floor(bytes.length / 3) + 1, 1_024)
    let location = await ada.open('ada/chunked')
    const status = async (url: string) => {
      const { status: code, headers } = await ada.call('GET', url)
      return [code, headers.get('range')]
    }
    expect((await ada.call('PATCH', location, chunk(bytes, size, 2 * size))).status).toBe(416)
    expect(await status(location)).toEqual([204, '0-0'])
    const first = await ada.call('PATCH', location, chunk(bytes, 0, size))
    expect([first.status, first.headers.get('range')]).toEqual([202, `0-${size - 1}`])
    location = first.headers.get('location') ?? ''
    for (const [start, end] of [
      [0, size],
      [2 * size, bytes.length],
    ] as const) {
      const refused = await ada.call('PATCH', location, chunk(bytes, start, end))
      expect([refused.status, refused.code, refused.headers.get('range')]).toEqual([416, 'BLOB_UPLOAD_INVALID', `0-${size - 1}`])
      expect(await status(location)).toEqual([204, `0-${size - 1}`])
    }
    expect((await ada.call('PATCH', location, chunk(bytes, size, 2 * size))).status).toBe(202)
    if (way === 'PATCH only') expect((await ada.call('PATCH', location, chunk(bytes, 2 * size, bytes.length))).status).toBe(202)
    else {
      const url = `${location}?digest=${digest}`
      const early = await ada.call('PUT', url, chunk(bytes, bytes.length - 10, bytes.length))
      expect(early.status).toBe(416)
      expect(await status(url)).toEqual([204, `0-${2 * size - 1}`])
    }
    const rest = way === 'PATCH only' ? {} : chunk(bytes, 2 * size, bytes.length)
    const done = await ada.call('PUT', `${location}?digest=${digest}`, rest)
    expect([done.status, done.headers.get('docker-content-digest')]).toEqual([201, digest])
    await expectBlob(done.headers.get('location'), bytes)
    expect((await ada.call('GET', location)).code).toBe('BLOB_UPLOAD_UNKNOWN')
  })

  test('5: a wrong digest is DIGEST_INVALID in each of the five ways', async () => {
    const bytes = some(3_000)
    const wrong = digestOf(some(8))
    const body = { body: bytes, headers: octets }
    const chunked = await ada.open('ada/wrong')
    await ada.call('PATCH', chunked, chunk(bytes, 0, 2_000))
    await ada.call('PATCH', chunked, chunk(bytes, 2_000, 3_000))
    const lastInPut = await ada.open('ada/wrong')
    await ada.call('PATCH', lastInPut, chunk(bytes, 0, 2_000))
    const streamed = await ada.open('ada/wrong')
    await ada.call('PATCH', streamed, body)
    const answers = [
      await ada.call('POST', `/v2/ada/wrong/blobs/uploads/?digest=${wrong}`, body),
      await ada.call('PUT', `${await ada.open('ada/wrong')}?digest=${wrong}`, body),
      await ada.call('PUT', `${chunked}?digest=${wrong}`),
      await ada.call('PUT', `${lastInPut}?digest=${wrong}`, chunk(bytes, 2_000, 3_000)),
      await ada.call('PUT', `${streamed}?digest=${wrong}`),
    ]
    expect(answers.map(({ status, code }) => [status, code])).toEqual(answers.map(() => [400, 'DIGEST_INVALID']))
    expect((await ada.call('GET', `/v2/ada/wrong/blobs/${wrong}`)).status).toBe(404)
  })

  test('6: mounts from a repository and from anywhere, and otherwise a session that works', async () => {
    const bytes = some(500)
    const digest = await ada.pushBlob('ada/origin', bytes, digestOf(bytes))
    for (const query of [`mount=${digest}&from=ada/origin`, `mount=${digest}`]) {
      const mounted = await ada.call('POST', `/v2/ada/mounted-${digest.slice(7, 15)}/blobs/uploads/?${query}`)
      expect([mounted.status, mounted.headers.get('docker-content-digest')]).toEqual([201, digest])
      await expectBlob(mounted.headers.get('location'), bytes)
    }
    for (const queryOf of [
      (unknown: string) => `mount=${unknown}&from=ada/origin`,
      (unknown: string) => `mount=${unknown}`,
      () => `mount=${digest}&from=ada/nothing`,
      () => `mount=${digest}&from=A..B`,
      () => 'mount=sha256:x',
    ]) {
      const other = some(500)
      const query = queryOf(digestOf(other))
      const fallback = await ada.call('POST', `/v2/ada/fallback/blobs/uploads/?${query}`)
      expect([query, fallback.status]).toEqual([query, 202])
      const done = await ada.call('PUT', `${fallback.headers.get('location')}?digest=${digestOf(other)}`, { body: other })
      expect(done.status).toBe(201)
    }
  })
})

test('4: a session tells where it is, and what old clients look for', async () => {
  const opened = await ada.call('POST', '/v2/ada/app/blobs/uploads/?digest-algorithm=sha512')
  const location = opened.headers.get('location') ?? ''
  const id = location.split('/').at(-1)
  expect([opened.status, opened.headers.get('range'), opened.headers.get('docker-upload-uuid')]).toEqual([202, '0-0', id])
  expect(location).toBe(`/v2/ada/app/blobs/uploads/${id}`)
  expect(opened.headers.has('oci-chunk-min-length')).toBe(false)
  expect((await ada.call('POST', '/v2/ada/app/blobs/uploads/?digest-algorithm=md5')).code).toBe('DIGEST_INVALID')
  expect((await ada.call('POST', '/v2/ada/app/blobs/uploads')).status).toBe(202)
})

test('3: a stream of unknown length is taken as it comes', async () => {
  const parts = [some(70_000), some(3), some(100_000)]
  const bytes = Buffer.concat(parts)
  const location = await ada.open('ada/unknown-length')
  const patch = await fetch(new URL(location, door.origin), {
    method: 'PATCH',
    headers: { authorization: door.basic('ada') },
    body: ReadableStream.from(parts),
    duplex: 'half',
  })
  expect([patch.status, patch.headers.get('range')]).toEqual([202, `0-${bytes.length - 1}`])
  const done = await ada.call('PUT', `${location}?digest=${sha256(bytes)}`)
  expect(done.status).toBe(201)
  await expectBlob(done.headers.get('location'), bytes)
})

test('a session that is cancelled is gone', async () => {
  const location = await ada.open('ada/app')
  await ada.call('PATCH', location, { body: some(10) })
  expect((await ada.call('DELETE', location)).status).toBe(204)
  for (const method of ['GET', 'PATCH', 'DELETE']) expect((await ada.call(method, location)).code, method).toBe('BLOB_UPLOAD_UNKNOWN')
  expect((await ada.call('PUT', `${location}?digest=${sha256('')}`)).code).toBe('BLOB_UPLOAD_UNKNOWN')
})

test('a session belongs to its repository and its user', async () => {
  await door.user('bob')
  const location = await ada.open('ada/one')
  await ada.call('PATCH', location, { body: some(10) })
  const digest = sha256(some(1))
  const elsewhere = location.replace('ada/one', 'ada/two')
  const asBob = door.client('bob')
  for (const [method, query] of [
    ['GET', ''],
    ['PATCH', ''],
    ['PUT', `?digest=${digest}`],
    ['DELETE', ''],
  ] as const) {
    const other = await ada.call(method, elsewhere + query)
    expect([method, other.status, other.code]).toEqual([method, 404, 'BLOB_UPLOAD_UNKNOWN'])
    expect((await asBob.call(method, location + query)).status, method).toBe(404)
    expect((await door.send(method, location + query)).status, method).toBe(401)
  }
  expect((await ada.call('GET', location)).headers.get('range')).toBe('0-9')
})

test('headers of a chunk that contradict each other are refused and change nothing', async () => {
  const location = await ada.open('ada/app')
  for (const range of ['0-5', 'bytes 0-9', '9-0', 'x', '0-', '-9', '0-9999999999999999', '0-9, 10-19']) {
    const { status, code } = await ada.call('PATCH', location, { body: some(10), headers: { 'content-range': range } })
    expect([range, status, code]).toEqual([range, 400, 'BLOB_UPLOAD_INVALID'])
  }
  expect((await ada.call('GET', location)).headers.get('range')).toBe('0-0')
  for (const query of ['', '?digest=', '?digest=sha256:x', `?digest=${sha256('')}&digest=${sha256('')}`])
    expect((await ada.call('PUT', location + query, { body: some(10) })).status, query).toBe(400)
})

test('2: a manifest goes by its sha512 digest, too', async () => {
  await ada.pushBlob('ada/long', '{}', sha512('{}'))
  const text = JSON.stringify(imageOf([], { config: { ...emptyConfig, digest: sha512('{}') } }))
  const pushed = await ada.putManifest(`ada/long ${sha512(text)}`, text)
  expect([pushed.status, pushed.headers.get('docker-content-digest')]).toEqual([201, sha512(text)])
  const got = await ada.call('GET', pushed.headers.get('location') ?? '')
  expect([got.status, got.bytes.toString(), got.headers.get('docker-content-digest')]).toEqual([200, text, sha512(text)])
})
