import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { scanTargets } from '../../../src/modules/scanning/scan-targets.ts'

const stored = new Map<string, Buffer>()
const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`
const put = (document: object): string => {
  const content = Buffer.from(JSON.stringify(document))
  stored.set(digestOf(content), content)
  return digestOf(content)
}
const imageConfig = 'application/vnd.oci.image.config.v1+json'
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'
const image = (seed: string, { config = imageConfig, layer = layerType, platform = 'amd64', annotations = {} } = {}) => {
  const layers = [{ mediaType: layer, digest: `sha256:layer-${seed}`, size: 1 }]
  const digest = put({ config: { mediaType: config, digest: `sha256:config-${seed}`, size: 2 }, layers })
  const [os, architecture] = platform === 'unknown' ? ['unknown', 'unknown'] : ['linux', platform]
  return { digest, size: 1, platform: { os, architecture }, annotations }
}
const index = (...manifests: object[]) => ({ digest: put({ manifests }), size: 1 })

const targetsOf = async (manifestDigest: string) => {
  const get = async (_artifact: string, digest: string) => stored.has(digest) && { content: stored.get(digest), sizeBytes: 1 }
  const artifact = { id: 'a', format: 'oci', namespace: 'ada', name: 'image' }
  return scanTargets({ manifests: { get } } as never, artifact as never, { manifestDigest, name: undefined })
}
const layersOf = async (manifestDigest: string) =>
  (await targetsOf(manifestDigest))?.targets.map(({ input }) => input.layers.map(({ mediaType }) => mediaType))

test('R14.2: an index inside an index was taken for an image without layers, which is clean', async () => {
  const [one, two] = [image('one'), image('two', { platform: 'arm64' })]
  const found = await targetsOf(index(one, index(two, one)).digest)
  expect(found?.targets.map(({ digest, platform }) => [digest, platform])).toEqual([
    [one.digest, 'linux/amd64'],
    [two.digest, 'linux/arm64'],
  ])
  expect(found?.problem).toBeUndefined()
})

test('what lies deeper than three indexes, or beyond 64 manifests, cannot be scanned', async () => {
  const deep = index(index(index(image('deep'))))
  expect((await targetsOf(deep.digest))?.problem).toBeUndefined()
  expect((await targetsOf(index(deep).digest))?.problem).toContain('deeper than 3')
  const halves = [0, 1].map((half) => index(...Array.from({ length: 32 }, (_, at) => image(`${half}-${at}`))))
  expect((await targetsOf(index(...halves).digest))?.problem).toContain('more than 64')
})

test('R14.2: an image that only calls itself of an unknown platform went unseen', async () => {
  const statement = { layer: 'application/vnd.in-toto+json', platform: 'unknown' }
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' }
  const hidden = image('hidden', { platform: 'unknown' })
  const disguised = image('disguised', { platform: 'unknown', annotations })
  const told = image('told', { ...statement, annotations })
  const found = await targetsOf(index(image('plain'), hidden, disguised, told).digest)
  expect(found?.targets.map(({ digest }) => digest)).toEqual([image('plain').digest, hidden.digest, disguised.digest])
})

test('the config of what is no image is content, and that of an image is not', async () => {
  const chart = 'application/vnd.cncf.helm.config.v1+json'
  expect(await layersOf(image('chart', { config: chart }).digest)).toEqual([[layerType, chart]])
  expect(await layersOf(image('image').digest)).toEqual([[layerType]])
})
