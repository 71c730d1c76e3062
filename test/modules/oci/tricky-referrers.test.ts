import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, type Door, emptyConfig, imageOf, imageType, indexType, openDoor, sha256, sha512 } from './open-door.ts'

let door: Door
let ada: Client
beforeAll(async () => {
  door = await openDoor({ settings: { oci: { maxReferrersPerPage: 2 } } })
  await door.user('ada')
  ada = door.client('ada')
})
afterAll(() => door[Symbol.asyncDispose]())

const subjectOf = (digest: string) => ({ mediaType: imageType, digest, size: 10 })
const signature = (digest: string, more: object = {}) => JSON.stringify(imageOf([], { subject: subjectOf(digest), ...more }))
const referrers = async (path: string) => {
  const answer = await door.expectStatus(ada.call('GET', path), 200)
  expect(answer.headers.get('content-type')).toBe(indexType)
  const { schemaVersion, mediaType, manifests } = answer.json<{
    schemaVersion: number
    mediaType: string
    manifests: { digest: string }[]
  }>()
  expect([schemaVersion, mediaType]).toEqual([2, indexType])
  return { manifests, link: answer.headers.get('link'), filters: answer.headers.get('oci-filters-applied') }
}

test.each([
  ['sha256', sha256('nothing of that kind')],
  ['sha512', sha512('nothing of that kind')],
])('12: manifests with a missing subject of %s are listed at once, filtered by type', async (name, digest) => {
  const repository = `ada/signed-${name}`
  await ada.pushBlob(repository, '{}')
  const annotations = { 'org.example': 'x' }
  const image = signature(digest, { config: { ...emptyConfig, mediaType: 'application/vnd.example.config' }, annotations })
  const artifact = signature(digest, { artifactType: 'application/vnd.example.sbom' })
  const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [], subject: subjectOf(digest) })
  const descriptors = [
    { mediaType: imageType, text: image, more: { artifactType: 'application/vnd.example.config', annotations } },
    { mediaType: imageType, text: artifact, more: { artifactType: 'application/vnd.example.sbom' } },
    { mediaType: indexType, text: index, more: {} },
  ]
  for (const { text, mediaType } of descriptors) {
    const pushed = await ada.putManifest(`${repository} ${sha256(text)}`, text, mediaType)
    expect([pushed.status, pushed.headers.get('oci-subject')]).toEqual([201, digest])
    const { manifests } = await referrers(`/v2/${repository}/referrers/${digest}?artifactType=`)
    expect(manifests).toBeDefined()
  }
  const wanted = descriptors.map(({ mediaType, text, more }) => ({ mediaType, digest: sha256(text), size: text.length, ...more }))
  const first = await referrers(`/v2/${repository}/referrers/${digest}`)
  const next = /^<([^>]+)>; rel="next"$/.exec(first.link ?? '')?.[1] ?? ''
  const second = await referrers(next)
  expect([first.manifests.length, second.manifests.length, second.link]).toEqual([2, 1, null])
  const found = [...first.manifests, ...second.manifests]
  expect(found.toSorted(byDigest)).toEqual(wanted.toSorted(byDigest))
  for (const artifactType of ['application/vnd.example.config', 'application/vnd.example.sbom', 'application/vnd.example.none']) {
    const filtered = await referrers(`/v2/${repository}/referrers/${digest}?artifactType=${artifactType}`)
    expect(filtered.filters).toBe('artifactType')
    expect(filtered.manifests).toEqual(wanted.filter((one) => 'artifactType' in one && one.artifactType === artifactType))
  }
})

const byDigest = (one: { digest: string }, other: { digest: string }) => (one.digest < other.digest ? -1 : 1)

test('15: a deleted manifest refers to nothing', async () => {
  const image = await ada.pushImage('ada/once latest')
  const text = signature(image.digest)
  const digest = sha256(text)
  expect((await ada.putManifest(`ada/once ${digest}`, text)).status).toBe(201)
  expect((await referrers(`/v2/ada/once/referrers/${image.digest}`)).manifests).toHaveLength(1)
  expect((await ada.call('DELETE', `/v2/ada/once/manifests/${digest}`)).status).toBe(202)
  expect((await referrers(`/v2/ada/once/referrers/${image.digest}`)).manifests).toEqual([])
})

test('a cursor of somebody else is refused', async () => {
  const { status, code } = await ada.call('GET', `/v2/ada/once/referrers/${sha256('x')}?after=xyz`)
  expect([status, code]).toEqual([400, 'UNSUPPORTED'])
})
