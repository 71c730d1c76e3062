import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test, vi } from 'vitest'
import { listFiles } from '../../../../src/modules/timescape/semantic/model/read-model.ts'
import { SemanticDiffService } from '../../../../src/modules/timescape/semantic/semantic-diff.service.ts'
import type { VersionContent } from '../../../../src/modules/timescape/semantic-diff.ts'
import { packed, tgz } from '../../npm/package-tarball.ts'
import { ggufFile, safetensorsFile } from './model-files.ts'
import { imageVersion, modelVersion, packageVersion, storedContent } from './stored-content.ts'

vi.setConfig({ testTimeout: 90_000 })
const store = storedContent()
const diff = new SemanticDiffService(store, { timeoutMs: 60_000 })
afterAll(() => diff[Symbol.asyncDispose]())
const changes = (before: VersionContent, after: VersionContent) => diff.changes(before, after, AbortSignal.timeout(80_000))

const manifest = { name: 'sample', version: '1.0.0', types: 'index.d.ts' }
const good = await packed(manifest, { 'index.d.ts': 'export const a: 1' })

test.each<[string, Buffer | Promise<Buffer>, string]>([
  ['no gzip', randomBytes(1_000), 'damaged or cut short'],
  ['a cut archive', good.subarray(0, good.length - 40), 'damaged or cut short'],
  ['no package.json', tgz([{ name: 'package/x.js', content: 'x' }]), 'no package.json'],
  ['a broken package.json', tgz([{ name: 'package/package.json', content: '{' }]), 'not JSON'],
  ['a package.json that is a list', tgz([{ name: 'package/package.json', content: '[]' }]), 'no JSON object'],
  ['a huge package.json', tgz([{ name: 'package/package.json', content: `{"a":"${'x'.repeat(1_100_000)}"}` }]), '1048576'],
])('D-15: a package with %s is told of, nothing is thrown', async (_what, tarball, reason) => {
  const found = await changes(packageVersion(store, good), packageVersion(store, await tarball))
  expect(found).toEqual([{ path: '', rule: 'content-unreadable', bump: 'none', message: expect.stringContaining(reason) }])
})

test('D-15: an archive that says it unpacks to gigabytes ends at once', async () => {
  const bomb = gzipSync(Buffer.concat([sizedHeader('package/zeros.bin', 4_000_000_000), Buffer.alloc(4_096)]))
  const [only] = await changes(packageVersion(store, good), packageVersion(store, bomb))
  expect(only).toMatchObject({ rule: 'content-unreadable', message: expect.stringContaining('536870912') })
})

test.each(['x', 'g', 'L'])('D-15: an extended header (%s) of gigabytes ends at once', async (type) => {
  const bomb = gzipSync(Buffer.concat([sizedHeader('package/long', 4_000_000_000, type), Buffer.alloc(1_000_000, 'a')]))
  const [only] = await changes(packageVersion(store, good), packageVersion(store, bomb))
  expect(only).toMatchObject({ rule: 'content-unreadable', message: 'a header in the tarball is too long' })
})

/** ustar, with a checksum that is right. */
function sizedHeader(name: string, size: number, type = '0'): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0)
  block.write('0000644\0', 100)
  block.write(`${size.toString(8).padStart(11, '0')}\0`.slice(-12), 124)
  block.write('00000000000\0', 136)
  block.write('        ', 148)
  block.write(type, 156)
  block.write('ustar\0', 257)
  block.write('00', 263)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

test('D-36: declarations that take too long are left out, the rest is compared, and the next comparison works', async () => {
  await using hasty = new SemanticDiffService(store, { timeoutMs: 1 })
  const [before, after] = [
    await packed(manifest, { 'index.d.ts': 'export const a: 1' }),
    await packed({ ...manifest, peerDependencies: { react: '*' } }, { 'index.d.ts': 'export const b: 1' }),
  ]
  const [was, is] = [packageVersion(store, before), packageVersion(store, after)]
  const found = await hasty.changes(was, is, AbortSignal.timeout(80_000))
  expect(found.map(({ rule }) => rule)).toEqual(['peer-added', 'content-changed', 'declarations-undecided'])
  expect((await changes(was, is)).map(({ rule }) => rule)).toContain('export-removed')
})

test('D-36: declarations that need too much memory end the worker, not the process', async () => {
  await using narrow = new SemanticDiffService(store, { maxHeapMb: 24 })
  const [was, is] = [
    packageVersion(store, await packed(manifest, { 'index.d.ts': 'export const a: 1' })),
    packageVersion(store, await packed(manifest, { 'index.d.ts': 'export const a: 2' })),
  ]
  expect(await narrow.changes(was, is, AbortSignal.timeout(80_000))).toContainEqual(
    expect.objectContaining({ rule: 'declarations-undecided', message: expect.stringContaining('memory') }),
  )
})

test('a comparison that nobody waits for ends', async () => {
  const [was, is] = [packageVersion(store, good), packageVersion(store, await packed(manifest, { 'index.d.ts': 'export const a: 2' }))]
  await expect(diff.changes(was, is, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  const controller = new AbortController()
  const running = diff.changes(was, is, controller.signal)
  controller.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
})

test('more than 8 MiB of declarations are not compared, the rest is', async () => {
  const large = await packed({ ...manifest, bin: 'cli.js' }, { 'index.d.ts': `export const a: '${'x'.repeat(8_400_000)}'`, 'cli.js': '' })
  const found = await changes(packageVersion(store, good), packageVersion(store, large))
  expect(found.map(({ rule }) => rule)).toEqual(['bin-added', 'content-changed', 'declarations-undecided'])
})

test('R7.2: of weights only the header is read', async () => {
  const content = storedContent()
  await using alone = new SemanticDiffService(content)
  const weights = (size: number) => ({ 'model.safetensors': safetensorsFile({ w: ['F32', size] }, 5_000_000) })
  const found = await alone.changes(modelVersion(content, weights(4)), modelVersion(content, weights(5)), AbortSignal.timeout(80_000))
  expect(found.map(({ rule }) => rule)).toEqual(['weights-changed', 'tensor-shape-changed'])
  expect(content.bytesRead()).toBeLessThan(1_000)
})

const huge = Buffer.alloc(16)
huge.writeBigUInt64LE(2n ** 60n)
const header = (length: number, text: string): Buffer => Buffer.concat([Buffer.from([length, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(text)])
test.each<[string, Buffer, string]>([
  ['safetensors header longer than the file', header(255, '{}'), 'cut short'],
  ['safetensors header beyond all measure', huge, 'more than 8388608 bytes'],
  ['safetensors header that is no JSON', header(2, 'xx'), 'not JSON'],
  ['safetensors file of five bytes', Buffer.from('short'), 'no safetensors file'],
  ['gguf file that is none', randomBytes(100), 'no GGUF file'],
  ['gguf file that is cut', ggufFile({ 'general.architecture': 'llama' }).subarray(0, 60), 'cut short'],
])('P16: a model with a %s is told of, nothing is thrown', async (what, content, reason) => {
  const isGguf = what.startsWith('gguf')
  const name = isGguf ? 'm.gguf' : 'm.safetensors'
  const whole = isGguf ? ggufFile({ 'general.architecture': 'bert' }) : safetensorsFile({ w: ['F32', 1] })
  const found = await changes(modelVersion(store, { [name]: whole }), modelVersion(store, { [name]: content }))
  expect(found).toContainEqual({ path: '/files', rule: 'content-unreadable', bump: 'none', message: expect.stringContaining(reason) })
})

test('what is not here is told of', async () => {
  const gone = { ...packageVersion(store, good), manifestDigest: `sha256:${'0'.repeat(64)}` }
  for (const format of ['npm', 'oci', 'model'] as const)
    expect(await changes({ ...gone, format }, { ...packageVersion(store, good), format })).toMatchObject([
      { rule: 'content-unreadable', bump: 'none' },
    ])
})

test('nothing is known of generic artifacts, and nothing changes between a version and itself', async () => {
  const image = imageVersion(store, [{ config: { User: 'a' } }])
  expect(await changes(image, image)).toEqual([])
  expect(await changes({ ...image, format: 'generic' }, { ...packageVersion(store, good), format: 'generic' })).toEqual([])
})

test('an artifact of the OCI door that is no image is compared by its files', async () => {
  const chart = (files: readonly string[], type: string) => ({
    ...imageVersion(store, []),
    manifestDigest: store.manifest({
      config: store.put(Buffer.from('{}'), type),
      layers: files.map((file) => store.put(Buffer.from(file), 'application/octet-stream', { 'org.opencontainers.image.title': file })),
    }).digest,
  })
  const helm = 'application/vnd.cncf.helm.config.v1+json'
  const found = await changes(chart(['a', 'b'], helm), chart(['a', 'c'], 'application/vnd.wasm.config.v0+json'))
  expect(found.map(({ rule, path }) => `${rule} ${path}`)).toEqual([
    'artifact-type-changed /artifactType',
    'file-removed /files/b',
    'file-added /files/c',
  ])
})

test('manifests of the parts of a model are in memory one at a time', async () => {
  const layer = { mediaType: 'application/octet-stream', digest: `sha256:${'a'.repeat(64)}`, size: 1 }
  const part = (title: string) => store.manifest({ layers: [{ ...layer, annotations: { 'org.opencontainers.image.title': title } }] })
  const index = store.manifest({ manifests: ['a', 'b', 'c', 'd'].map(part) }, 'application/vnd.oci.image.index.v1+json')
  let [underWay, most] = [0, 0]
  const get: typeof store.manifests.get = async (...what) => {
    most = Math.max(most, ++underWay)
    await new Promise((resolve) => setImmediate(resolve))
    return store.manifests.get(...what).finally(() => underWay--)
  }
  const files = await listFiles({ blobs: store.blobs, manifests: { ...store.manifests, get }, artifactId: 'model' }, index.digest)
  expect([...(files ?? new Map()).keys()]).toEqual(['a', 'b', 'c', 'd'])
  expect(most).toBe(1)
})
